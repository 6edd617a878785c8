"""The contracts of the rooms, one folder each; real servers in `tests.servers`."""
