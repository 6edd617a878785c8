"""How the files of a list stand: two looks at the bucket's unfinished checks, none at each file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from foundation.sql import any_of
from metadata.event_records import IS_NOT_COMPLETED
from metadata.rows import raw, uuid_text
from metadata.sync_model import EventStatus
from metadata.sync_schema import sync_events

# So many are read at once: 500 cost a list of 10,000 files a tenth, to look up each of these would double it.
_MOST_READ = 1_000
_FAILED, _PENDING, _PROCESSING = EventStatus.FAILED.value, EventStatus.PENDING.value, EventStatus.PROCESSING.value
_events = sync_events.c


def unfinished_statuses(connection: Connection, bucket: UUID, rows: Sequence[Any]) -> Mapping[str, str]:
    """By version, of rows of select_entries: the status of its newest event, where that is not completed.

    Where more are checked in the bucket than are read at once, what has bytes that were never verified counts as pending, and
    the rest as it was found the last time. What failed is always told.
    """
    files = {row[2]: row[1] for row in rows}
    checked = [*_versions(connection, bucket, _PENDING), *_versions(connection, bucket, _PROCESSING)]
    is_flooded = len(checked) > _MOST_READ
    failed = _versions(connection, bucket, _FAILED)
    if len(failed) > _MOST_READ:
        failed = _read(connection, any_of(connection, _events.file, files.values()), _FAILED, None)
    concerned = {
        version: files[version] for version in (failed if is_flooded else (*checked, *failed)) if version in files
    }
    told = _newest(connection, concerned) if concerned else {}
    return _never_verified(rows) | told if is_flooded else told


def _never_verified(rows: Sequence[Any]) -> dict[str, str]:
    # By place, as select_entries has them: a deletion has no bytes, and no hash of them.
    return {uuid_text(row[2]): _PENDING for row in rows if row[13] is None and row[5] is not None}


def _versions(connection: Connection, bucket: UUID, status: str) -> Sequence[Any]:
    return _read(connection, _events.bucket == bucket, status, _MOST_READ + 1)


def _read(connection: Connection, condition: ColumnElement[bool], status: str, limit: int | None) -> Sequence[Any]:
    """The versions that such events are about."""
    query = select(raw(_events.version)).where(condition, IS_NOT_COMPLETED, _events.status == status)
    return connection.execute(query.limit(limit)).scalars().all()


def _newest(connection: Connection, concerned: Mapping[Any, Any]) -> dict[str, str]:
    order = (_events.created_at.desc(), _events.id.desc())
    place = func.row_number().over(partition_by=_events.version, order_by=order).label("place")
    ranked = select(raw(_events.version).label("version"), _events.status, place).where(
        any_of(connection, _events.file, concerned.values()), any_of(connection, _events.version, concerned)
    )
    newest = ranked.subquery()
    query = select(newest.c.version, newest.c.status).where(newest.c.place == 1, newest.c.status != "completed")
    return {uuid_text(row.version): row.status for row in connection.execute(query)}
