"""Databases of SQLite that were migrated before: to copy one is a hundred times quicker than to migrate it."""

import tempfile
from functools import cache
from pathlib import Path

from metadata import migrate


def migrated_catalogue(file: Path) -> str:
    """A catalogue without anything in it, at `file`; its location. What is there stays."""
    if not file.exists():
        file.write_bytes(_catalogue())
    return f"sqlite:///{file}"


@cache
def _catalogue() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "catalogue.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()
