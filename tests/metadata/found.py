"""What findings left of blocks: in the database, in notices, at files."""

from typing import Any

import orjson
from sqlalchemy import select

from foundation.blocks import BlockName
from foundation.database import Database
from metadata import BlockState
from metadata.sync_schema import findings, notices
from tests.metadata.catalogues import Desk
from tests.metadata.jobs import events_of, rows_of

DAMAGED, MISSING, STORED = BlockState.DAMAGED, BlockState.MISSING, BlockState.STORED


def names(desk: Desk, path: str) -> list[BlockName]:
    return [stored.name for stored in stored_chunks(desk, path)]


def stored_chunks(desk: Desk, path: str) -> Any:
    content = desk.at(path).content
    assert content is not None
    return desk.catalogue.files.chunks(content, 0, 1_000)


def newest(desk: Desk, database: Database, path: str) -> Any:
    return events_of(database, desk.at(path).version_id)[-1]


def found(database: Database) -> list[tuple[str, str]]:
    return [(row.kind, row.note) for row in rows_of(database, select(findings).order_by(findings.c.sequence))]


def noticed(database: Database) -> list[tuple[str, str]]:
    """Kind and path."""
    rows = rows_of(database, select(notices).order_by(notices.c.created_at, notices.c.id))
    return [(row.kind, orjson.loads(row.body)["path"]) for row in rows]
