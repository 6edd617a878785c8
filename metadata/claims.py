"""Sync events under a lease: taken, kept, given back (ALGORITHMS.md 4). Two workers never have the same one."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, select, update

from foundation.sql import any_of, now
from metadata.event_rows import FAILED, IS_PENDING, IS_PROCESSING, IS_UNFINISHED, PENDING, PROCESSING
from metadata.outcome_counts import Ended, count_ended
from metadata.sync_schema import sync_events

WORKER_LOST = "worker-lost"
_EVENTS = sync_events.c
_SLICE = 100


def has_due(connection: Connection) -> bool:
    """A look that does not wait for SQLite's one writer."""
    due = select(_EVENTS.id).where(IS_UNFINISHED, IS_PENDING, _EVENTS.next_attempt_at <= now(connection))
    return connection.execute(due.limit(1)).first() is not None


def has_lapsed(connection: Connection) -> bool:
    lapsed = select(_EVENTS.id).where(IS_UNFINISHED, IS_PROCESSING, _EVENTS.lease_until < now(connection))
    return connection.execute(lapsed.limit(1)).first() is not None


def claim(connection: Connection, worker: str, limit: int, lease: timedelta) -> Sequence[UUID]:
    """At most `limit` whose time has come, those first that wait longest."""
    due = select(_EVENTS.id).where(IS_UNFINISHED, IS_PENDING, _EVENTS.next_attempt_at <= now(connection))
    page = due.order_by(_EVENTS.next_attempt_at).limit(limit).with_for_update(skip_locked=True, key_share=True)
    ids = connection.execute(page).scalars().all()
    _take(connection, ids, worker, lease)
    return ids


def reclaim(connection: Connection, worker: str, lease: timedelta, most_attempts: int) -> UUID | None:
    """One whose lease lapsed. Those that had `most_attempts` fail: what ends its workers ends no further one."""
    _fail_exhausted(connection, most_attempts)
    lapsed = select(_EVENTS.id).where(IS_UNFINISHED, IS_PROCESSING, _EVENTS.lease_until < now(connection))
    one = lapsed.where(_EVENTS.attempts < most_attempts).order_by(_EVENTS.next_attempt_at).limit(1)
    id = connection.execute(one.with_for_update(skip_locked=True, key_share=True)).scalar_one_or_none()
    if id is not None:
        _take(connection, [id], worker, lease)
    return id


def progress(connection: Connection, job: tuple[UUID, int], worker: str, verified: int, lease: timedelta) -> bool:
    event, attempts = job
    moment = now(connection)
    still = (_EVENTS.id == event, _EVENTS.attempts == attempts, _EVENTS.worker == worker, IS_PROCESSING)
    further = {"chunks_verified": verified, "lease_until": moment + lease, "updated_at": moment}
    return connection.execute(update(sync_events).where(*still).values(further)).rowcount == 1


def release(connection: Connection, worker: str, jobs: Sequence[tuple[UUID, int]]) -> None:
    """Pending as before; only those that still are this worker's."""
    attempts = dict(jobs)
    query = select(_EVENTS.id, _EVENTS.attempts).where(any_of(connection, _EVENTS.id, attempts))
    mine = query.where(_EVENTS.worker == worker, IS_PROCESSING).order_by(_EVENTS.id).with_for_update(key_share=True)
    ids = [row.id for row in connection.execute(mine) if row.attempts == attempts[row.id]]
    moment = now(connection)
    pending = {"status": PENDING, "worker": None, "lease_until": None, "next_attempt_at": moment, "updated_at": moment}
    given_back = update(sync_events).where(any_of(connection, _EVENTS.id, ids))
    connection.execute(given_back.values(pending | {"attempts": _EVENTS.attempts - 1}))


def _take(connection: Connection, ids: Sequence[UUID], worker: str, lease: timedelta) -> None:
    # Counted before it runs, so that a job that ends its worker ends as failed, not as a loop.
    moment = now(connection)
    taken = {"status": PROCESSING, "worker": worker, "lease_until": moment + lease, "updated_at": moment}
    claimed = update(sync_events).where(any_of(connection, _EVENTS.id, ids))
    connection.execute(claimed.values(taken | {"attempts": _EVENTS.attempts + 1}))


def _fail_exhausted(connection: Connection, most_attempts: int) -> None:
    moment = now(connection)
    lapsed = select(_EVENTS.id, _EVENTS.owner).where(IS_UNFINISHED, IS_PROCESSING, _EVENTS.lease_until < moment)
    page = lapsed.where(_EVENTS.attempts >= most_attempts).order_by(_EVENTS.next_attempt_at).limit(_SLICE)
    rows = connection.execute(page.with_for_update(skip_locked=True, key_share=True)).all()
    if not rows:
        return
    failed = {
        "status": FAILED,
        "lease_until": None,
        "error": WORKER_LOST,
        "reason": f"The check broke off {most_attempts} times before it came to an end.",
        "updated_at": moment,
    }
    ids = [row.id for row in rows]
    connection.execute(update(sync_events).where(any_of(connection, _EVENTS.id, ids)).values(failed))
    count_ended(connection, [Ended(row.owner, "failed") for row in rows], moment)
