"""Statistics in SQL: counters of buckets, and distinct blocks, counted anew only where something changed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select, func, select

from foundation.authorization import Action, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import DatabaseUnavailable
from foundation.sql import any_of, now
from metadata.access import bucket_for
from metadata.bucket_days import growth
from metadata.schema import accounts, blocks, buckets, contents, dead_names, file_chunks, file_versions
from metadata.search_model import BucketFigures, DayFigures, Figures, StoredFigures, StoreFigures

_MOST_LISTED, _TOP = 1_000, 10
_REMEMBERED = 1_000
# A count that took a second is repeated after a minute at the soonest; one of a few milliseconds, whenever something changed.
_PAUSE_PER_SECOND = 60
_QUICK_SECONDS = 0.25
_PATIENCE_SECONDS = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Counted(Generic[T]):
    state: Hashable
    figures: T
    seconds: float
    at: float

    def holds(self, state: Hashable, moment: float) -> bool:
        """Whether it is still good enough for what is in `state` now."""
        is_young = self.seconds > _QUICK_SECONDS and moment - self.at < self.seconds * _PAUSE_PER_SECOND
        return is_young or (state is not None and state == self.state)


class SqlStatistics:
    """Implements Statistics. Distinct blocks are counted by reads alone, one count at a time in a process, and remembered.

    What is remembered is answered while the buckets' journals say that nothing changed, and for sixty times the seconds
    that its count took; `as_of` tells. A count that the database cuts off leaves the one before, or None.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._known: OrderedDict[Hashable, _Counted[Any]] = OrderedDict()
        self._turn = threading.Lock()

    def of_caller(self, caller: Identity, bucket: str | None = None) -> Figures:
        rows = self._database.read(lambda connection: _buckets(connection, caller, bucket))
        ids = [row.id for row in rows]
        # Each change of what a bucket's versions hold is in its journal.
        state = frozenset((row.id, row.next_sequence) for row in rows)
        stored = self._counted(
            ("buckets", caller.user, ids[0] if bucket else None), state, lambda connection: _stored(connection, ids)
        )
        figures = [BucketFigures(*row[:7]) for row in rows]
        return Figures(
            num_buckets=len(figures),
            files=sum(one.files for one in figures),
            versions=sum(one.versions for one in figures),
            logical_bytes=sum(one.logical_bytes for one in figures),
            version_bytes=sum(one.version_bytes for one in figures),
            stored=stored,
            buckets=figures[:_MOST_LISTED],
            top=sorted(figures, key=lambda one: (-one.version_bytes, one.name))[:_TOP],
        )

    def growth(self, caller: Identity, bucket: str | None, days: int) -> Sequence[DayFigures]:
        return self._database.read(lambda connection: growth(connection, caller, bucket, days))

    def of_store(self, caller: Identity) -> StoreFigures:
        require(caller, Action.ADMINISTER)
        figures = self._counted("store", None, _store)
        if figures is None:
            raise DatabaseUnavailable("Counting takes longer than the database allows.")
        return figures

    def _counted(self, key: Hashable, state: Hashable, count: Callable[[Connection], T]) -> T | None:
        known = self._known.get(key)
        if known is not None and known.holds(state, self._clock()):
            figures: T = known.figures
            return figures
        # Whoever has an older figure does not wait for another's count.
        if not self._turn.acquire(timeout=0 if known else _PATIENCE_SECONDS):
            return known.figures if known is not None else None
        try:
            return self._count(key, state, count)
        except DatabaseUnavailable:
            return known.figures if known is not None else None
        finally:
            self._turn.release()

    def _count(self, key: Hashable, state: Hashable, count: Callable[[Connection], T]) -> T:
        began = self._clock()
        figures = self._database.read(count)
        ended = self._clock()
        self._known[key] = _Counted(state, figures, ended - began, ended)
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return figures


def _buckets(connection: Connection, caller: Identity, ref: str | None) -> Sequence[Any]:
    """The columns of BucketFigures and the next sequence: of the bucket `ref`, or of the caller's own live ones, by name."""
    names = [*BucketFigures.__slots__, "next_sequence"]
    query = select(*(buckets.c[name] for name in names)).where(buckets.c.deleted_at.is_(None))
    if ref is not None:
        return connection.execute(
            query.where(buckets.c.id == bucket_for(connection, caller, ref, Action.READ_BUCKET).id)
        ).all()
    require(caller, Action.LIST_BUCKETS)
    return connection.execute(query.where(buckets.c.owner == caller.user).order_by(buckets.c.name)).all()


def _stored(connection: Connection, ids: Sequence[UUID]) -> StoredFigures:
    """Blocks distinct within these buckets, whoever else has them."""
    of_buckets = any_of(connection, file_versions.c.bucket, ids)
    named = select(file_versions.c.content).where(of_buckets, file_versions.c.content.is_not(None))
    distinct = (
        select(file_chunks.c.block, file_chunks.c.size).where(file_chunks.c.content.in_(named)).distinct().subquery()
    )
    number, size = connection.execute(_count_and_sum(distinct.c.size)).one()
    total = select(func.coalesce(func.sum(contents.c.size), 0)).select_from(
        file_versions.join(contents, contents.c.id == file_versions.c.content)
    )
    version_bytes = connection.execute(total.where(of_buckets)).scalar_one()
    return StoredFigures(number, int(size), int(version_bytes), now(connection))


def _store(connection: Connection) -> StoreFigures:
    def number(query: Select[Any]) -> int:
        return int(connection.execute(query).scalar_one())

    found, plain = connection.execute(_count_and_sum(blocks.c.size)).one()
    return StoreFigures(
        users=number(select(func.count()).select_from(accounts)),
        buckets=number(select(func.count()).select_from(buckets).where(buckets.c.deleted_at.is_(None))),
        blocks=found,
        plain_bytes=int(plain),
        stored_bytes=number(select(func.coalesce(func.sum(blocks.c.stored_size), 0))),
        dead_names=number(select(func.count()).select_from(dead_names)),
        as_of=now(connection),
    )


def _count_and_sum(size: Any) -> Select[int, Any]:
    return select(func.count(), func.coalesce(func.sum(size), 0)).select_from(size.table)
