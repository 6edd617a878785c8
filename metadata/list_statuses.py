"""How the files of a list stand: a few looks at their buckets' unfinished checks, none at each file."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from foundation.sql import any_of
from metadata.event_records import IS_NOT_COMPLETED
from metadata.rows import raw, uuid_text
from metadata.schema import buckets, files, members
from metadata.sync_model import EventStatus, OpenCheck, OpenChecks
from metadata.sync_schema import sync_events

# So many are read at once: 500 cost a list of 10,000 files a tenth, to look up each of these would double it.
_MOST_READ = 1_000
_FAILED, _PENDING, _PROCESSING = EventStatus.FAILED.value, EventStatus.PENDING.value, EventStatus.PROCESSING.value
_events = sync_events.c
_TOLD = (_events.error, _events.reason, _events.missing_chunks, _events.chunks_verified, _events.total_chunks)


def open_checks(connection: Connection, of_buckets: Collection[UUID], listed: Mapping[Any, Any]) -> OpenChecks:
    """The newest check of each version of `listed` where it is not completed. `listed`: by version its file, as the driver has them.

    Where more wait in the buckets than are read at once, they are not looked up: see OpenChecks. What failed is always told.
    """
    found = {status: _versions(connection, of_buckets, status) for status in (_PENDING, _PROCESSING, _FAILED)}
    floods = {status for status, versions in found.items() if len(versions) > _MOST_READ}
    if _FAILED in floods:
        found[_FAILED] = _read(connection, any_of(connection, _events.file, listed.values()), _FAILED, None)
    read = [version for status in found.keys() - (floods - {_FAILED}) for version in found[status]]
    concerned = {version: listed[version] for version in read if version in listed}
    return OpenChecks(_newest(connection, concerned) if concerned else {}, bool(floods & {_PENDING, _PROCESSING}))


def open_checks_of(connection: Connection, user: UUID | None, listed: Mapping[UUID, UUID]) -> OpenChecks:
    """The same for files of any buckets, of those that `user` owns or is a member of."""
    mine = exists().where(members.c.bucket == buckets.c.id, members.c.user == user)
    is_seen = and_(buckets.c.deleted_at.is_(None), or_(buckets.c.owner == user, mine))
    query = select(raw(files.c.id), files.c.bucket).join(buckets, buckets.c.id == files.c.bucket).where(is_seen)
    found = connection.execute(query.where(any_of(connection, files.c.id, listed.values()))).all()
    seen = {row[0] for row in found}
    is_text = connection.dialect.name == "sqlite"
    rows = {version.hex: file.hex for version, file in listed.items()} if is_text else dict[Any, Any](listed)
    return open_checks(connection, {row[1] for row in found}, {of: file for of, file in rows.items() if file in seen})


def _versions(connection: Connection, of_buckets: Collection[UUID], status: str) -> Sequence[Any]:
    return _read(connection, any_of(connection, _events.bucket, of_buckets), status, _MOST_READ + 1)


def _read(connection: Connection, condition: ColumnElement[bool], status: str, limit: int | None) -> Sequence[Any]:
    """The versions that such events are about."""
    query = select(raw(_events.version)).where(condition, IS_NOT_COMPLETED, _events.status == status)
    return connection.execute(query.limit(limit)).scalars().all()


def _newest(connection: Connection, concerned: Mapping[Any, Any]) -> dict[UUID, OpenCheck]:
    order = (_events.created_at.desc(), _events.id.desc())
    place = func.row_number().over(partition_by=_events.version, order_by=order).label("place")
    ranked = select(raw(_events.version).label("version"), _events.status, *_TOLD, place).where(
        any_of(connection, _events.file, concerned.values()), any_of(connection, _events.version, concerned)
    )
    newest = ranked.subquery()
    query = select(newest).where(newest.c.place == 1, newest.c.status != "completed")
    return {
        UUID(uuid_text(version)): OpenCheck(EventStatus(status), *told)
        for version, status, *told, _ in connection.execute(query)
    }
