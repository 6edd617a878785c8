"""The dashboard's figures: each from an index or a counter, in one statement a figure, whatever is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, text, true

from foundation.sql import now
from metadata.event_records import IS_NOT_COMPLETED
from metadata.event_rows import WAITS_SINCE
from metadata.model import BlockState
from metadata.round_rows import newest_rounds, veiled
from metadata.schema import block_holders, blocks, buckets, file_chunks, file_versions
from metadata.sync_model import EventStatus, Quarter, SyncFigures
from metadata.sync_schema import sync_events, sync_outcomes
from metadata.worker_rows import worker_states

DAY = timedelta(days=1)
_OLDEST = 1_000  # of the waiting ones that are looked at for the one that waits longest
_OWNERS = 20  # in whose events an administrator's newest check is looked for
_NEWEST = 1_000  # of an owner's events that are looked at for the newest that was checked
_IS_BAD = text("blocks.state <> 'stored'")
_events = sync_events.c


def sync_figures(connection: Connection, owner: UUID | None) -> SyncFigures:
    """Of what `owner` has, None: of all, and the rounds as they are."""
    moment = now(connection)
    counts = _counts(connection, owner)
    bad = _bad_blocks(connection, owner)
    day = _day(connection, owner, moment - DAY)
    newest, ended = newest_rounds(connection)
    if owner is not None:
        newest, ended = veiled(newest), veiled(ended)
    return SyncFigures(
        at=moment,
        pending=counts.get(EventStatus.PENDING, 0),
        processing=counts.get(EventStatus.PROCESSING, 0),
        failed=counts.get(EventStatus.FAILED, 0),
        completed=sum(one.verified for one in day),
        oldest_pending_at=_oldest_pending(connection, owner),
        files=_files(connection, owner),
        proved_at=_proved_at(connection, owner),
        oldest_proof=_oldest_proof(connection, owner),
        damaged_blocks=bad.get(BlockState.DAMAGED, 0),
        missing_blocks=bad.get(BlockState.MISSING, 0),
        day=day,
        round=newest,
        last_round=ended,
        workers=worker_states(connection),
    )


def is_bad_and_used_by(owner: UUID) -> ColumnElement[bool]:
    """A block that is not whole and that a version in the owner's buckets has: whom one shared it with once is no matter."""
    used = (
        select(file_chunks.c.block)
        .join(file_versions, file_versions.c.content == file_chunks.c.content)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(file_chunks.c.block == blocks.c.id, buckets.c.owner == owner)
        .limit(1)
        .correlate(blocks)
    )
    held = exists().where(block_holders.c.user == owner, block_holders.c.block == blocks.c.id)
    # One look a bad block: of an EXISTS PostgreSQL may make a join with everything that the owner has.
    return and_(_IS_BAD, held, used.scalar_subquery().is_not(None))


def _counts(connection: Connection, owner: UUID | None) -> Mapping[str, int]:
    query = select(_events.status, func.count()).where(IS_NOT_COMPLETED, _of(_events.owner, owner))
    return {row[0]: row[1] for row in connection.execute(query.group_by(_events.status))}


def _oldest_pending(connection: Connection, owner: UUID | None) -> datetime | None:
    """Of those that were created first: one that waits anew for an old change is younger than its event."""
    oldest: list[datetime] = []
    for status in (EventStatus.PENDING, EventStatus.PROCESSING):
        waiting = select(WAITS_SINCE.label("since"))
        waiting = waiting.where(IS_NOT_COMPLETED, _events.status == status.value, _of(_events.owner, owner))
        first = waiting.order_by(_events.created_at, _events.id).limit(_OLDEST).subquery()
        since = connection.execute(select(func.min(first.c.since))).scalar_one()
        oldest += [since] if since is not None else []
    return min(oldest, default=None)


def _files(connection: Connection, owner: UUID | None) -> int:
    query = select(func.coalesce(func.sum(buckets.c.files), 0)).where(buckets.c.deleted_at.is_(None))
    return int(connection.execute(query.where(_of(buckets.c.owner, owner))).scalar_one())


def _proved_at(connection: Connection, owner: UUID | None) -> datetime | None:
    """As an event says, where it is one of the newest to change; else as the quarters say, and never later than it was."""
    checked = select(sync_outcomes.c.owner, sync_outcomes.c.at).where(
        sync_outcomes.c.verified > 0, _of(sync_outcomes.c.owner, owner)
    )
    quarters = connection.execute(checked.order_by(sync_outcomes.c.at.desc()).limit(_OWNERS)).all()
    owners = {row.owner for row in quarters} if owner is None else {owner}
    found = [moment for one in owners if (moment := _newest_check(connection, one)) is not None]
    return max([*found, *(row.at for row in quarters)], default=None)


def _newest_check(connection: Connection, owner: UUID) -> datetime | None:
    newest = select(_events.updated_at, _events.status).where(_events.owner == owner)
    last = newest.order_by(_events.updated_at.desc()).limit(_NEWEST).subquery()
    proved = select(func.max(last.c.updated_at)).where(last.c.status == EventStatus.COMPLETED.value)
    moment: datetime | None = connection.execute(proved).scalar_one()
    return moment


def _oldest_proof(connection: Connection, owner: UUID | None) -> datetime | None:
    has_bytes = text("file_versions.content IS NOT NULL")
    versions = file_versions.c

    def of_bucket(value: ColumnElement[Any], condition: ColumnElement[bool]) -> Any:
        query: Select[Any] = select(func.min(value)).where(versions.bucket == buckets.c.id, has_bytes, condition)
        return query.correlate(buckets).scalar_subquery()

    read = of_bucket(versions.verified_at, versions.verified_at.is_not(None))
    never = of_bucket(versions.created_at, versions.verified_at.is_(None))
    of_owner = select(read.label("read"), never.label("never")).where(
        _of(buckets.c.owner, owner), buckets.c.deleted_at.is_(None)
    )
    each = of_owner.subquery()
    first = connection.execute(select(func.min(each.c.read), func.min(each.c.never))).one()
    return min((moment for moment in first if moment is not None), default=None)


def _bad_blocks(connection: Connection, owner: UUID | None) -> Mapping[str, int]:
    condition = _IS_BAD if owner is None else is_bad_and_used_by(owner)
    query = select(blocks.c.state, func.count()).where(condition).group_by(blocks.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def _day(connection: Connection, owner: UUID | None, since: datetime) -> Sequence[Quarter]:
    columns = sync_outcomes.c
    sums = [func.sum(columns[name]) for name in Quarter.__slots__ if name != "at"]
    query = select(columns.at, *sums).where(columns.at > since, _of(columns.owner, owner))
    rows = connection.execute(query.group_by(columns.at).order_by(columns.at))
    return [Quarter(at, *map(int, numbers)) for at, *numbers in rows]


def _of(column: ColumnElement[Any], owner: UUID | None) -> ColumnElement[bool]:
    return true() if owner is None else column == owner
