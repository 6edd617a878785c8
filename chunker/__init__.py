"""Bytes to blocks and back: cutting, upload sessions, assembly. Importing it loads no web framework."""
