"""The user's verbs of the `cairn` command: what each does, and how it answers."""
