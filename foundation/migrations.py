"""Which migrations there are and how far a database is, told without Alembic: a server that migrates nothing does not load it."""

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

_REVISION = re.compile(r'^revision = "([^"]+)"$', re.MULTILINE)


def known_revisions(folder: Path) -> list[str]:
    """The revisions in `folder`/versions, oldest first: they are one line, and their files are numbered in its order."""
    files = sorted((folder / "versions").glob("[0-9]*.py"))
    return [found[1] for file in files if (found := _REVISION.search(file.read_text()))]


def current_revision(connection: Connection, version_table: str) -> str | None:
    """The revision that Alembic noted last in `version_table`; None for a database without it."""
    if not inspect(connection).has_table(version_table):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608 — a constant of the room.
    return found
