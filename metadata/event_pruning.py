"""What verification may forget: events that ended long ago, old counts, old notices."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, and_, delete, exists, or_, select

from foundation.sql import any_of, now
from metadata.event_rows import COMPLETED, FAILED
from metadata.schema import buckets, file_versions, files
from metadata.sync_schema import notices, sync_events, sync_outcomes

_AFTER_ITS_BUCKET = timedelta(days=1)


def prunable_events(connection: Connection, retention: timedelta, limit: int) -> Sequence[UUID]:
    """Events that ended: a day ago where their bucket is gone, else before that time, but never the newest of a file that is there.

    What failed stays as long as its version.
    """
    columns, newer, moment = sync_events.c, sync_events.alias("newer"), now(connection)
    is_passed = or_(
        newer.c.created_at > columns.created_at, and_(newer.c.created_at == columns.created_at, newer.c.id > columns.id)
    )
    is_newest = exists().where(files.c.id == columns.file) & ~exists().where(newer.c.file == columns.file, is_passed)
    is_settled = (columns.status == COMPLETED) | ~exists().where(file_versions.c.id == columns.version)
    is_homeless = ~exists().where(buckets.c.id == columns.bucket)
    is_old = columns.updated_at < moment - retention
    query = select(columns.id).where(
        columns.status.in_((COMPLETED, FAILED)),
        columns.updated_at < moment - min(retention, _AFTER_ITS_BUCKET),
        or_(is_homeless, and_(is_old, is_settled, ~is_newest)),
    )
    return connection.execute(query.limit(limit)).scalars().all()


def drop_events(connection: Connection, ids: Collection[UUID]) -> int:
    """Those that did not begin again meanwhile."""
    ended = sync_events.c.status.in_((COMPLETED, FAILED))
    return connection.execute(delete(sync_events).where(any_of(connection, sync_events.c.id, ids), ended)).rowcount


def drop_counts(connection: Connection, retention: timedelta, limit: int) -> int:
    """Quarters before that time."""
    columns = sync_outcomes.c
    old = select(columns.at).where(columns.at < now(connection) - retention).order_by(columns.at).limit(limit)
    quarters = set(connection.execute(old).scalars())
    return _dropped(connection, sync_outcomes, columns.at.in_(quarters)) if quarters else 0


def drop_notices(connection: Connection, retention: timedelta, limit: int) -> int:
    """Those made before that time, delivered or not: nobody is told after so long."""
    old = select(notices.c.id).where(notices.c.created_at < now(connection) - retention)
    ids = connection.execute(old.order_by(notices.c.created_at).limit(limit)).scalars().all()
    return _dropped(connection, notices, any_of(connection, notices.c.id, ids)) if ids else 0


def _dropped(connection: Connection, table: Table, condition: Any) -> int:
    return connection.execute(delete(table).where(condition)).rowcount
