"""Events and standings as the tests write them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foundation.ids import new_id
from metadata import ChangeKind, EventStatus, SyncEvent, SyncFigures
from sync.health import Standing, State

NOW = datetime(2026, 5, 4, 14, 8, tzinfo=UTC)
_EVENT = SyncEvent(
    event_id=new_id(),
    bucket_id=new_id(),
    bucket_title="Studio",
    file_id=new_id(),
    version_id=new_id(),
    path="hut.blend",
    owner=new_id(),
    type=ChangeKind.FILE_CREATED,
    status=EventStatus.PENDING,
    action=None,
    attempts=0,
    next_attempt_at=NOW,
    worker=None,
    error=None,
    reason=None,
    chunks_verified=0,
    total_chunks=412,
    healed_chunks=0,
    deleted_chunks=None,
    failed_chunks=None,
    missing_chunks=None,
    created_at=NOW,
    waits_since=NOW,
    updated_at=NOW,
    healed_at=None,
)
_FIGURES = SyncFigures(
    at=NOW,
    pending=0,
    processing=0,
    failed=0,
    completed=0,
    oldest_pending_at=None,
    files=3,
    proved_at=NOW,
    oldest_proof=NOW,
    damaged_blocks=0,
    missing_blocks=0,
    day=(),
    round=None,
    last_round=None,
    workers=(),
)


def event(**changes: Any) -> SyncEvent:
    return replace(_EVENT, **changes)


def figures(**changes: Any) -> SyncFigures:
    return replace(_FIGURES, **changes)


def standing(name: str, state: State, since: datetime = NOW) -> Standing:
    return Standing(name, state, since)
