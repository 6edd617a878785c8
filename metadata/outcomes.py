"""What became of jobs, written by whoever still has them: the event, the version's proof, the counts, in one transaction."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from foundation.sql import any_of, now, update_rows
from metadata.actions import ACTIONS
from metadata.event_rows import COMPLETED, FAILED, IS_PROCESSING, PENDING
from metadata.model import ChangeKind
from metadata.notices import Cause, notify
from metadata.outcome_counts import Ended, count_ended
from metadata.proof_dates import doubt_versions, prove_versions
from metadata.reasons import DAMAGE, was_healed
from metadata.settings import CatalogueSettings
from metadata.sync_model import EventStatus, NoticeKind, Outcome
from metadata.sync_schema import sync_events

_EVENTS = sync_events.c
_READ = (
    *(_EVENTS.id, _EVENTS.attempts, _EVENTS.type, _EVENTS.owner, _EVENTS.version, _EVENTS.worker, _EVENTS.error),
    *(_EVENTS.reason, _EVENTS.healed_chunks, _EVENTS.healed_at, _EVENTS.reads_since),
)
_KIND = {COMPLETED: "verified", FAILED: "failed", PENDING: "retried"}


def finish(connection: Connection, worker: str, outcomes: Sequence[Outcome], settings: CatalogueSettings) -> int:
    """How many were written: those that still were this worker's, in this attempt."""
    told = {(outcome.event_id, outcome.attempts): outcome for outcome in outcomes}
    query = select(*_READ).where(any_of(connection, _EVENTS.id, {id for id, _ in told}))
    mine = query.where(_EVENTS.worker == worker, IS_PROCESSING).order_by(_EVENTS.id)
    found = connection.execute(mine.with_for_update(key_share=True)).all()
    pairs = [(row, told[row.id, row.attempts]) for row in found if (row.id, row.attempts) in told]
    if not pairs:
        return 0
    moment = now(connection)
    written = [_written(row, outcome, moment, settings) for row, outcome in pairs]
    _date_versions(connection, pairs, written, moment)
    _announce(connection, pairs, written)
    update_rows(connection, sync_events, "id", written)
    count_ended(connection, list(_ended(pairs, written)), moment)
    return len(written)


def backoff(attempts: int, settings: CatalogueSettings) -> timedelta:
    """Doubled by each attempt, half of it by chance, so that what failed together does not come back together."""
    whole: timedelta = min(settings.event_backoff * 2 ** min(attempts - 1, 20), settings.event_backoff_limit)
    return whole * random.uniform(0.5, 1)  # noqa: S311 — jitter.


def _written(row: Any, outcome: Outcome, moment: datetime, settings: CatalogueSettings) -> dict[str, Any]:
    """The event's columns, the same ones for each outcome."""
    changed = {
        "id": row.id,
        "status": outcome.status.value,
        "action": None,
        "attempts": row.attempts,
        "next_attempt_at": moment,
        "lease_until": None,
        "worker": None,
        "error": outcome.error,
        "reason": outcome.reason,
        "missing_chunks": outcome.missing_chunks,
        "chunks_verified": outcome.chunks_verified,
        "healed_chunks": outcome.healed_chunks + row.healed_chunks,
        "healed_at": moment if outcome.healed_chunks else row.healed_at,
        "reads_since": row.reads_since,
        "updated_at": moment,
    }
    if outcome.status is EventStatus.COMPLETED:
        done = {"action": ACTIONS[ChangeKind(row.type)], "worker": row.worker, "reads_since": None}
        return changed | done | {"reason": _healing(row, outcome)}
    if outcome.status is EventStatus.FAILED or (outcome.is_counted and row.attempts >= settings.event_attempts):
        return changed | {"status": FAILED, "worker": row.worker}
    again_in = outcome.again_in if outcome.again_in is not None else backoff(row.attempts, settings)
    return changed | {"next_attempt_at": moment + again_in, "attempts": row.attempts - (not outcome.is_counted)}


def _healing(row: Any, outcome: Outcome) -> str | None:
    """What a completed event keeps to say: how it was healed. What it waited for on the way is over."""
    if outcome.reason is not None or not (row.healed_chunks or outcome.healed_chunks):
        return outcome.reason
    if not row.healed_chunks:
        return was_healed(outcome.healed_chunks)
    return row.reason if row.error is None and row.reason else was_healed(row.healed_chunks)


def _date_versions(
    connection: Connection, pairs: Sequence[tuple[Any, Outcome]], written: Sequence[Mapping[str, Any]], moment: datetime
) -> None:
    proofs: dict[UUID, datetime] = {}
    doubted: set[UUID] = set()
    for (row, outcome), event in zip(pairs, written, strict=True):
        if row.version is not None and event["status"] == COMPLETED:
            proofs[row.version] = outcome.proved_at or moment
        elif row.version is not None and _is_damaged(event):
            doubted.add(row.version)
    prove_versions(connection, {id: proof for id, proof in proofs.items() if id not in doubted})
    doubt_versions(connection, doubted)


def _is_damaged(event: Mapping[str, Any]) -> bool:
    return event["status"] == FAILED and event["error"] in DAMAGE


def _announce(
    connection: Connection, pairs: Sequence[tuple[Any, Outcome]], written: Sequence[Mapping[str, Any]]
) -> None:
    """What a check found by itself. What was found before is announced where it is told: such an event is no worker's any more."""
    damaged = {
        row.version: Cause(row.id, event["reason"])
        for (row, _), event in zip(pairs, written, strict=True)
        if _is_damaged(event) and row.version is not None
    }
    notify(connection, NoticeKind.FILE_DAMAGED, damaged)


def _ended(pairs: Sequence[tuple[Any, Outcome]], written: Sequence[Mapping[str, Any]]) -> Iterable[Ended]:
    for (row, outcome), event in zip(pairs, written, strict=True):
        yield Ended(row.owner, _KIND[event["status"]])
        if event["status"] == COMPLETED and outcome.healed_chunks:
            yield Ended(row.owner, "healed")
