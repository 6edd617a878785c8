"""The `cairn` command and the composition root of the one-process server."""
