"""Sync events as rows: read for people with the names of what they are about, found by file, made pending again."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, text, update

from foundation.sql import any_of, database_now
from metadata.model import ChangeKind
from metadata.schema import buckets, changes, files
from metadata.sync_model import EventStatus, SyncEvent
from metadata.sync_schema import sync_events

_events = sync_events.c
# As the partial indexes say it: of a bound value a database does not see that it means the same.
IS_NOT_COMPLETED = text("sync_events.status <> 'completed'")
IS_HEALED = text("sync_events.healed_at IS NOT NULL")


def read_events(connection: Connection, ids: Collection[UUID]) -> Mapping[UUID, SyncEvent]:
    joined = (
        sync_events.outerjoin(buckets, buckets.c.id == _events.bucket)
        .outerjoin(files, files.c.id == _events.file)
        .outerjoin(changes, changes.c.event_id == _events.id)
    )
    path = func.coalesce(files.c.path, changes.c.path).label("path")
    query = select(sync_events, buckets.c.title, path).select_from(joined)
    found = connection.execute(query.where(any_of(connection, _events.id, ids)))
    return {row.id: _event(row) for row in found}


def newest_event(file: UUID, version: Any = None) -> Select[Any]:
    """The row of a file's newest event, or of one of its versions'."""
    current = select(files.c.current_version).where(files.c.id == file).scalar_subquery()
    query = select(sync_events).where(_events.file == file)
    if version is not None:
        query = query.where(_events.version == version)
    # A batch may change a file twice in one moment.
    newest = (_events.created_at.desc(), case((_events.version == current, 0), else_=1), _events.id.desc())
    return query.order_by(*newest).limit(1)


def make_pending(connection: Connection, ids: Collection[UUID], *conditions: ColumnElement[bool], **also: Any) -> int:
    """Those of these events that fulfil the conditions are due at once, as new; whoever works on one has lost it. How many."""
    values: dict[str, Any] = {
        "status": EventStatus.PENDING.value,
        "attempts": 0,
        "next_attempt_at": database_now(),
        "pending_since": database_now(),
        "lease_until": None,
        "worker": None,
        "error": None,
        "reason": None,
        "missing_chunks": None,
        "chunks_verified": 0,
        "updated_at": database_now(),
    }
    again = update(sync_events).where(any_of(connection, _events.id, ids), *conditions)
    return connection.execute(again.values(values | also)).rowcount


def _event(row: Any) -> SyncEvent:
    status = EventStatus(row.status)
    return SyncEvent(
        event_id=row.id,
        bucket_id=row.bucket,
        bucket_title=row.title,
        file_id=row.file,
        version_id=row.version,
        path=row.path,
        owner=row.owner,
        type=ChangeKind(row.type),
        status=status,
        action=row.action,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if status is EventStatus.PENDING else None,
        worker=row.worker,
        error=row.error,
        reason=row.reason,
        chunks_verified=row.chunks_verified,
        total_chunks=row.total_chunks,
        healed_chunks=row.healed_chunks,
        deleted_chunks=row.deleted_chunks,
        failed_chunks=row.failed_chunks,
        missing_chunks=row.missing_chunks,
        created_at=row.created_at,
        waits_since=row.pending_since or row.created_at,
        updated_at=row.updated_at,
        healed_at=row.healed_at,
    )
