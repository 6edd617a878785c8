"""`make stack`: the services of compose/compose.yaml as processes of this machine, under a supervisor."""
