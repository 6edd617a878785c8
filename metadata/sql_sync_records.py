"""What verification tells people, and what they ask of it, in SQL."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from foundation.authorization import Action, require
from foundation.blocks import BlockId
from foundation.database import Database
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import Unauthenticated
from foundation.sql import any_of, database_now, now
from metadata.errors import EventNotFound
from metadata.event_pages import list_events
from metadata.event_records import IS_NOT_COMPLETED, make_pending, newest_event, read_events
from metadata.list_statuses import open_checks_of
from metadata.model import BlockState, ChangeKind, Page
from metadata.schema import blocks, buckets, contents, file_versions, files
from metadata.sync_access import bucket_to_verify, require_event, require_file, require_own, sees_all
from metadata.sync_figures import is_bad_and_used_by, sync_figures
from metadata.sync_model import (
    EventHint,
    EventQuery,
    EventStatus,
    FileSync,
    OpenChecks,
    SyncEvent,
    SyncFigures,
    WantedBlock,
)
from metadata.sync_schema import sync_events, verify_requests

_SLICE = 500
_events = sync_events.c


class SqlSyncRecords:
    """See metadata.sync_seams.SyncRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self, caller: Identity, query: EventQuery) -> Page[SyncEvent]:
        return self._database.read(lambda connection: list_events(connection, caller, query))

    def event(self, caller: Identity, event_id: UUID) -> SyncEvent:
        return self._database.read(lambda connection: _event(connection, caller, event_id, Action.READ_FILE))

    def file_status(self, caller: Identity, file_id: UUID) -> FileSync:
        def body(connection: Connection) -> FileSync:
            require_file(connection, caller, file_id, Action.READ_FILE)
            event = connection.execute(newest_event(file_id)).one_or_none()
            if event is None:
                raise EventNotFound
            current = select(file_versions.c.verified_at).join(files, files.c.current_version == file_versions.c.id)
            return FileSync(
                event.id,
                EventStatus(event.status),
                event.chunks_verified,
                event.total_chunks,
                event.action,
                event.error,
                event.reason,
                event.missing_chunks,
                connection.execute(current.where(files.c.id == file_id)).scalar_one_or_none(),
            )

        return self._database.read(body)

    def open_checks(self, caller: Identity, versions: Mapping[UUID, UUID]) -> OpenChecks:
        require(caller, Action.LIST_BUCKETS)
        return self._database.read(lambda connection: open_checks_of(connection, caller.user, versions))

    def retry(self, caller: Identity, event_id: UUID) -> SyncEvent:
        def body(connection: Connection) -> SyncEvent:
            _event(connection, caller, event_id, Action.WRITE_FILE)
            make_pending(connection, [event_id], _events.status == EventStatus.FAILED.value)
            return read_events(connection, [event_id])[event_id]

        return self._database.write(body, repeat_unknown=True)

    def retry_all(self, caller: Identity) -> int:
        require_own(caller, Action.RETRY_CHECKS)
        owner = _owner(caller)
        until, done = self._database.read(now), 0
        while ids := self._database.read(lambda connection: _failed(connection, owner, until)):
            done += self._database.write(lambda connection, ids=ids: _retry(connection, ids))  # type: ignore[misc]
        return done

    def verify_file(self, caller: Identity, file_id: UUID) -> SyncEvent:
        def body(connection: Connection) -> SyncEvent:
            require_file(connection, caller, file_id, Action.WRITE_FILE)
            version = select(files.c.current_version).where(files.c.id == file_id).scalar_subquery()
            event = connection.execute(newest_event(file_id, version)).one_or_none()
            id = _add_event(connection, file_id) if event is None else event.id
            make_pending(connection, [id], reads_since=database_now())
            return read_events(connection, [id])[id]

        return self._database.write(body, repeat_unknown=True)

    def verify_bucket(self, caller: Identity, bucket: str) -> int:
        def body(connection: Connection) -> int:
            # Under the bucket's lock. One that waits would be content with what was read before this one was made.
            id = bucket_to_verify(connection, caller, bucket)
            connection.execute(delete(verify_requests).where(verify_requests.c.bucket == id))
            connection.execute(insert(verify_requests).values(bucket=id, at=database_now()))
            number: int = connection.execute(select(buckets.c.files).where(buckets.c.id == id)).scalar_one()
            return number

        return self._database.write(body, repeat_unknown=True)

    def wanted(self, caller: Identity, after: BlockId | None, limit: int) -> Sequence[WantedBlock]:
        require_own(caller, Action.LIST_BUCKETS)
        if caller.user is None:
            raise Unauthenticated
        query = select(blocks.c.id, blocks.c.size, blocks.c.state).where(is_bad_and_used_by(caller.user))
        if after is not None:
            query = query.where(blocks.c.id > bytes(after))
        rows = self._database.read(
            lambda connection: connection.execute(query.order_by(blocks.c.id).limit(limit)).all()
        )
        return [WantedBlock(BlockId(id), size, BlockState(state)) for id, size, state in rows]

    def figures(self, caller: Identity) -> SyncFigures:
        require_own(caller, Action.LIST_BUCKETS)
        return self._database.read(lambda connection: sync_figures(connection, _owner(caller)))

    def hints(self, owners: Several[UUID], since: datetime, limit: int) -> Sequence[EventHint]:
        def body(connection: Connection) -> Sequence[EventHint]:
            columns = (_events.id, _events.owner, _events.bucket, _events.file, _events.status, _events.error)
            query = select(*columns, _events.healed_at, _events.updated_at)
            query = query.where(any_of(connection, _events.owner, owners), _events.updated_at > since)
            rows = connection.execute(query.order_by(_events.updated_at, _events.id).limit(limit))
            return [
                EventHint(id, owner, bucket, file, EventStatus(status), error, healed_at, at)
                for id, owner, bucket, file, status, error, healed_at, at in rows
            ]

        return self._database.read(body)


def _owner(caller: Identity) -> UUID | None:
    """Whose files; None: everybody's."""
    if sees_all(caller):
        return None
    if caller.user is None:
        raise Unauthenticated
    return caller.user


def _event(connection: Connection, caller: Identity, id: UUID, action: Action) -> SyncEvent:
    row = connection.execute(select(_events.bucket, _events.owner).where(_events.id == id)).one_or_none()
    require_event(connection, caller, row, action, EventNotFound)
    return read_events(connection, [id])[id]


def _failed(connection: Connection, owner: UUID | None, until: datetime) -> Sequence[UUID]:
    """A slice of those that failed before `until`: what fails again meanwhile is not tried for ever."""
    query = select(_events.id).where(IS_NOT_COMPLETED, _events.status == EventStatus.FAILED.value)
    query = query.where(_events.updated_at <= until)
    if owner is not None:
        query = query.where(_events.owner == owner)
    return connection.execute(query.limit(_SLICE)).scalars().all()


def _retry(connection: Connection, ids: Sequence[UUID]) -> int:
    return make_pending(connection, ids, _events.status == EventStatus.FAILED.value)


def _add_event(connection: Connection, file_id: UUID) -> UUID:
    """For a current version whose event is gone."""
    joined = files.join(buckets, buckets.c.id == files.c.bucket).join(
        file_versions, file_versions.c.id == files.c.current_version
    )
    query = select(files.c.bucket, buckets.c.owner, file_versions.c.id, contents.c.num_chunks).select_from(
        joined.outerjoin(contents, contents.c.id == file_versions.c.content)
    )
    row: Any = connection.execute(query.where(files.c.id == file_id)).one()
    id = new_id()
    new = insert(sync_events).values(
        id=id,
        bucket=row.bucket,
        file=file_id,
        version=row.id,
        owner=row.owner,
        type=ChangeKind.FILE_UPDATED.value,
        status=EventStatus.PENDING.value,
        total_chunks=row.num_chunks or 0,
        next_attempt_at=database_now(),
        created_at=database_now(),
        updated_at=database_now(),
    )
    connection.execute(new)
    return id
