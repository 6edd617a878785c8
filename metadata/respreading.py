"""Events that are pending again: of buckets to be verified now, and of versions whose blocks are all stored again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, select, update

from foundation.sql import any_of, now
from metadata.event_rows import FAILED, IS_FAILED, PENDING, locked_events, newest_of_files
from metadata.model import BlockState
from metadata.reasons import DAMAGE
from metadata.schema import blocks, file_chunks, file_versions, files
from metadata.sync_schema import sync_events, verify_requests


@dataclass(frozen=True, slots=True)
class Wave:
    """A bucket to be verified, with the newest events of its next live files, up to `last`."""

    sequence: int
    at: datetime
    after: UUID | None
    last: UUID | None  # None: there are no more
    events: Sequence[UUID]


def next_wave(connection: Connection, limit: int) -> Wave | None:
    request = connection.execute(select(verify_requests).order_by(verify_requests.c.sequence).limit(1)).one_or_none()
    if request is None:
        return None
    live = select(files.c.id).where(files.c.bucket == request.bucket, files.c.deleted_at.is_(None))
    if request.after is not None:
        live = live.where(files.c.id > request.after)
    ids = connection.execute(live.order_by(files.c.id).limit(limit)).scalars().all()
    events = newest_of_files(connection, ids)
    return Wave(request.sequence, request.at, request.after, ids[-1] if ids else None, list(events.values()))


def spread(connection: Connection, wave: Wave) -> int:
    """These are pending, and read what was proved before the request; how many, at least 1, 0 where another was quicker."""
    this = verify_requests.c.sequence == wave.sequence
    row = connection.execute(
        select(verify_requests.c.after).where(this).with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None or row.after != wave.after:
        return 0
    if wave.last is None:
        connection.execute(delete(verify_requests).where(this))
        return 1
    _begin_again(connection, list(locked_events(connection, wave.events, sync_events.c.id)), reads_since=wave.at)
    connection.execute(update(verify_requests).where(this).values(after=wave.last))
    return len(wave.events) or 1


def relieved(connection: Connection, limit: int) -> Sequence[UUID]:
    """Events that failed for damage, of versions without any by now."""
    is_bad = (
        exists()
        .where(file_chunks.c.content == file_versions.c.content, blocks.c.id == file_chunks.c.block)
        .where(blocks.c.state != BlockState.STORED.value)
    )
    query = (
        select(sync_events.c.id)
        .join(file_versions, file_versions.c.id == sync_events.c.version)
        .where(IS_FAILED, sync_events.c.error.in_(DAMAGE), ~is_bad)
    )
    return connection.execute(query.limit(limit)).scalars().all()


def revive(connection: Connection, ids: Collection[UUID]) -> int:
    """Those that still are failed for damage."""
    columns = sync_events.c
    rows = locked_events(connection, ids, columns.id, columns.status, columns.error)
    still = [id for id, row in rows.items() if row.status == FAILED and row.error in DAMAGE]
    _begin_again(connection, still)
    return len(still)


def _begin_again(connection: Connection, ids: Collection[UUID], **further: Any) -> None:
    moment = now(connection)
    again = {
        "status": PENDING,
        "action": None,
        "attempts": 0,
        "next_attempt_at": moment,
        "pending_since": moment,
        "lease_until": None,
        "worker": None,
        "error": None,
        "reason": None,
        "updated_at": moment,
    }
    connection.execute(update(sync_events).where(any_of(connection, sync_events.c.id, ids)).values(again | further))
