"""Reconcile a bucket's counters with what it holds (ALGORITHMS.md 4).

Counters and rows change in the same transaction, so in one snapshot they differ by the drift alone, however much is
committed meanwhile. The drift is found without any lock and then taken off whatever the counters have become.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, update

from foundation.sql import now
from metadata.operations.work import COUNTERS
from metadata.schema import buckets, contents, file_versions, files


@dataclass(frozen=True, slots=True)
class Drift:
    """`updated_at`: of the bucket's row when it was found; whoever takes a drift off changes it."""

    bucket: UUID
    by: dict[str, int]
    updated_at: datetime


def find_drift(connection: Connection, after: UUID | None) -> Drift | None:
    """Of the next bucket by id, live or deleted; None behind the last. One statement, which is one snapshot on both databases."""
    if connection.dialect.name == "postgresql":
        # Counting a bucket of millions takes longer than a request may; it holds no lock.
        connection.exec_driver_sql("SET LOCAL statement_timeout = '30min'").close()
    following = select(buckets.c.id).order_by(buckets.c.id).limit(1)
    if after is not None:
        following = following.where(buckets.c.id > after)
    bucket = connection.execute(following).scalar_one_or_none()
    if bucket is None:
        return None
    row = connection.execute(_counted().where(buckets.c.id == bucket)).one_or_none()
    if row is None:  # Purged meanwhile.
        return Drift(bucket, {}, now(connection))
    is_and_should = zip(COUNTERS, row[1 : 1 + len(COUNTERS)], row[1 + len(COUNTERS) :], strict=True)
    return Drift(bucket, {name: int(right) - told for name, told, right in is_and_should if right != told}, row[0])


def take_off(connection: Connection, drift: Drift) -> bool:
    """Whether it was; False where somebody changed the bucket's row meanwhile: another recount, or its settings."""
    same = (buckets.c.id == drift.bucket) & (buckets.c.updated_at == drift.updated_at)
    moved = {name: buckets.c[name] + number for name, number in drift.by.items()}
    statement = update(buckets).where(same).values(**moved, updated_at=now(connection))
    return connection.execute(statement).rowcount == 1


def _counted() -> Select[Any]:
    """Of each bucket: `updated_at`, its counters in their order, and what they should be."""
    is_live = and_(files.c.deleted_at.is_(None), files.c.current_version == file_versions.c.id)
    should = (
        _number_of(is_live),
        _number_of(file_versions.c.content.is_not(None)),
        _size_of(is_live),
        func.coalesce(func.sum(contents.c.size), 0),
    )
    held = (
        buckets.outerjoin(files, files.c.bucket == buckets.c.id)
        .outerjoin(file_versions, file_versions.c.file == files.c.id)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
    )
    told = (buckets.c[name] for name in COUNTERS)
    return select(buckets.c.updated_at, *told, *should).select_from(held).group_by(buckets.c.id)


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _size_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, contents.c.size), else_=0)), 0)
