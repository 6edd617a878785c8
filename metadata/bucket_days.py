"""What buckets held at the end of each day (UTC), written by the first look of the next day; of today what they hold now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Select, and_, delete, exists, func, literal, select

from foundation.authorization import Action, require
from foundation.identity import Identity
from foundation.sql import Instant, any_of, insert_missing, now
from metadata.access import bucket_for
from metadata.operations.work import COUNTERS
from metadata.schema import bucket_days, buckets
from metadata.search_model import DayFigures

DAY = timedelta(days=1)
MOST_DAYS = 366
_KEPT = timedelta(days=MOST_DAYS + 30)


def record_days(connection: Connection, limit: int) -> int:
    """For so many of the live buckets that have no figures of yesterday yet; of how many. What came today had no yesterday."""
    yesterday = _yesterday(connection)
    # Purged meanwhile it would leave a row that refers to nothing.
    due = _due(yesterday).order_by(buckets.c.id).limit(limit).with_for_update(read=True, key_share=True)
    page = connection.execute(due).scalars().all()
    if not page:
        return 0
    figures = select(buckets.c.id, literal(yesterday, Instant()), *(buckets.c[name] for name in COUNTERS))
    source = figures.where(any_of(connection, buckets.c.id, page))
    connection.execute(insert_missing(connection, bucket_days, ["bucket", "day", *COUNTERS], source))
    old = any_of(connection, bucket_days.c.bucket, page) & (bucket_days.c.day < yesterday - _KEPT)
    connection.execute(delete(bucket_days).where(old))
    return len(page)


def has_days(connection: Connection) -> bool:
    """Whether there is anything to record."""
    return connection.execute(_due(_yesterday(connection)).limit(1)).first() is not None


def growth(connection: Connection, caller: Identity, bucket: str | None, days: int) -> Sequence[DayFigures]:
    """See Statistics.growth."""
    today = _midnight(now(connection))
    ids, live = _buckets(connection, caller, bucket)
    of_buckets = any_of(connection, bucket_days.c.bucket, ids)
    columns = bucket_days.c
    query = select(columns.day, *(func.sum(columns[name]) for name in COUNTERS)).where(
        of_buckets, columns.day > today - days * DAY, columns.day < today
    )
    rows = connection.execute(query.group_by(columns.day).order_by(columns.day)).all() if ids else []
    present = select(*(func.coalesce(func.sum(buckets.c[name]), 0) for name in COUNTERS))
    at_present = connection.execute(present.where(any_of(connection, buckets.c.id, live))).one()
    return [DayFigures(day, *map(int, numbers)) for day, *numbers in (*rows, (today, *at_present))]


def _buckets(connection: Connection, caller: Identity, ref: str | None) -> tuple[list[UUID], list[UUID]]:
    """Those that have days, and of them the live ones. What lies in the caller's trash was there in its days."""
    if ref is not None:
        id = bucket_for(connection, caller, ref, Action.READ_BUCKET).id
        return [id], [id]
    require(caller, Action.LIST_BUCKETS)
    query = select(buckets.c.id, buckets.c.deleted_at).where(buckets.c.owner == caller.user)
    rows = connection.execute(query).all()
    return [row.id for row in rows], [row.id for row in rows if row.deleted_at is None]


def _due(yesterday: datetime) -> Select[UUID]:
    known = exists().where(bucket_days.c.bucket == buckets.c.id, bucket_days.c.day == yesterday)
    is_due = and_(buckets.c.deleted_at.is_(None), buckets.c.created_at < yesterday + DAY, ~known)
    return select(buckets.c.id).where(is_due)


def _yesterday(connection: Connection) -> datetime:
    return _midnight(now(connection)) - DAY


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
