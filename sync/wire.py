"""The shapes of sync events, wanted blocks and rounds on the wire (API.md "Sync")."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from foundation.openapi import Responses, problems
from foundation.problems import Forbidden, Invalid, Malformed, Problem, Unauthenticated
from foundation.wire import Wire
from metadata import BlockState, ChangeKind, EventStatus, FileSync, ScrubRound, SyncEvent, WantedBlock
from sync.waiting import Facts, next_step, reason


class EventWire(Wire):
    """The verification of one change."""

    event_id: UUID
    file_id: UUID | None
    bucket_id: UUID
    bucket: str | None = Field(description="The bucket's title; null once it is gone.")
    path: str | None = Field(description="The file's present path; null for a bucket's event.")
    version_id: UUID | None
    type: ChangeKind
    status: EventStatus
    action: str | None = Field(description="What was done, once it is: `upload_synchronized`, `delete_synchronized`, …")
    attempts: int
    next_attempt_at: datetime | None
    worker: str | None = Field(description="For administrators.")
    error: str | None = Field(description="For programs: `parts-missing`, `parts-damaged`, …")
    reason: str | None = Field(description="For people: why it failed, what was healed, or what it waits for.")
    next_step: str | None = Field(description="For people: what heals it.")
    chunks_verified: int
    total_chunks: int
    healed_chunks: int
    deleted_chunks: int | None = Field(description="Of a purge, as is `failed_chunks`.")
    failed_chunks: int | None
    missing_chunks: int | None = Field(description="Of one that failed because parts are missing.")
    created_at: datetime
    updated_at: datetime
    healed_at: datetime | None


class EventsWire(Wire):
    items: list[EventWire]
    next_cursor: str | None


class FileSyncWire(Wire):
    """How a file stands, by its newest event."""

    event_id: UUID
    sync_status: EventStatus
    chunks_verified: int
    total_chunks: int
    action: str | None
    error: str | None
    reason: str | None
    missing_chunks: int | None
    verified_at: datetime | None = Field(description="When the bytes of its current version were last read and hashed.")


class RetriedWire(Wire):
    retried: int


class BucketCheckWire(Wire):
    files: int
    at: datetime = Field(description="A file that is verified since then was read again, and counts.")


class WantedBlockWire(Wire):
    id: str
    size: int
    state: BlockState


class WantedWire(Wire):
    items: list[WantedBlockWire]
    next_cursor: str | None


class ScrubRequestWire(Wire):
    urgent: bool = Field(default=False, strict=True, description="As fast as the store reads, beside all other work.")


class RoundWire(Wire):
    """One reading of everything stored. Amounts and pace are for administrators, null for others."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    is_urgent: bool
    share: float = Field(description="0 to 1, by bytes; 1 only once it has ended.")
    expected_end: datetime | None = Field(description="At the present pace.")
    updated_at: datetime
    blocks: int | None
    total_blocks: int | None
    bytes: int | None
    total_bytes: int | None
    healed: int | None
    damaged: int | None
    bytes_per_second: int | None


class ScrubWire(Wire):
    round: RoundWire | None = Field(description="The round that goes on, else the last.")
    last_round: RoundWire | None = Field(description="The last that ended.")


_AMOUNTS = ("blocks", "total_blocks", "bytes", "total_bytes", "healed", "damaged", "bytes_per_second")


def event_document(event: SyncEvent, facts: Facts, *, is_admin: bool) -> dict[str, Any]:
    """A worker's name tells of the machine that it runs on."""
    told = {"bucket": event.bucket_title, "reason": reason(event, facts), "next_step": next_step(event)}
    told["worker"] = event.worker if is_admin else None
    return {name: told[name] if name in told else getattr(event, name) for name in EventWire.model_fields}


def file_sync_document(sync: FileSync) -> dict[str, Any]:
    return {name: getattr(sync, name) for name in FileSyncWire.model_fields}


def wanted_document(block: WantedBlock) -> dict[str, Any]:
    return {"id": str(block.id), "size": block.size, "state": block.state}


def round_document(found: ScrubRound | None, *, is_admin: bool) -> dict[str, Any] | None:
    """Without amounts for those who may not know how much everybody stores."""
    if found is None:
        return None
    computed = {"share": _share(found), "expected_end": _expected_end(found)}
    hidden = () if is_admin else _AMOUNTS
    return {
        name: None if name in hidden else computed[name] if name in computed else getattr(found, name)
        for name in RoundWire.model_fields
    }


def _share(found: ScrubRound) -> float:
    if found.ended_at is not None:
        return 1.0
    return min(0.99, round(found.bytes / found.total_bytes, 4)) if found.total_bytes else 0.0


def _expected_end(found: ScrubRound) -> datetime | None:
    if found.ended_at is not None or not found.bytes_per_second:
        return None
    left = max(0, found.total_bytes - found.bytes)
    return found.updated_at + timedelta(seconds=left / found.bytes_per_second)


_ALWAYS: tuple[type[Problem], ...] = (Malformed, Unauthenticated, Forbidden, Invalid)


def answers(status: int, shape: type[Wire], *kinds: type[Problem]) -> Responses:
    """The `responses` of a route for OpenAPI: what it answers, and each problem by its slug."""
    return {status: {"description": "Done", "model": shape}} | problems(*_ALWAYS, *kinds)
