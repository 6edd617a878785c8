"""Backups: snapshots of rows and the blocks that they name, in a folder or an S3 bucket (docs/format.md)."""
