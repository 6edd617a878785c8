"""Routes of sync events: how each change and each file stands, once more, and now."""

from typing import Annotated, Any, Literal
from uuid import UUID

from anyio import from_thread
from fastapi import APIRouter, Query

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.identity import Identity
from foundation.problems import CursorInvalid
from metadata import BucketNotFound, ChangeKind, EventNotFound, EventQuery, EventStatus, FileNotFound, SyncEvent
from sync.door import Door, is_administrator
from sync.waiting import Facts, reason
from sync.wire import (
    BucketCheckWire,
    EventsWire,
    EventWire,
    FileSyncWire,
    RetriedWire,
    answers,
    event_document,
    file_sync_document,
)

VERIFY = "verify"  # the chore that looks for pending events
SPREAD = "spread"  # the one that makes those of a bucket pending
_UNFINISHED = frozenset({EventStatus.PENDING, EventStatus.PROCESSING})
Bucket = Annotated[str, Query(description="Only of this bucket: its id, or the name of one of your own.")]
Healed = Annotated[bool, Query(description="Only what was healed, the latest first.")]
Order = Annotated[Literal["newest", "oldest"], Query(description="By when they were made.")]


def event_routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["sync"], route_class=StrictRoute)
    records = door.records

    @router.get(
        "/sync-events",
        summary="Sync events of the buckets that the caller sees, of all for administrators",
        responses=answers(200, EventsWire, BucketNotFound, FileNotFound, CursorInvalid),
    )
    def list_events(  # noqa: PLR0913, PLR0917 — a route's query parameters.
        caller: Caller,
        status: EventStatus | None = None,
        bucket: Bucket = "",
        file_id: UUID | None = None,
        type: ChangeKind | None = None,  # noqa: A002 — the word of the API.
        healed: Healed = False,
        order: Order = "newest",
        limit: Annotated[int, limit(100, 1000)] = 100,
        cursor: str | None = None,
    ) -> Json:
        scope = (caller.user, status, bucket, file_id, type, healed, order)
        after = decode_cursor("sync-events", scope, cursor)
        is_oldest = order == "oldest"
        page = records.events(
            caller, EventQuery(status, bucket or None, file_id, type, healed, is_oldest, after, limit)
        )
        following = page.next_key and encode_cursor("sync-events", scope, page.next_key)
        return Json({"items": _documents(door, caller, *page.items), "next_cursor": following})

    @router.post(
        "/sync-events/retry",
        summary="Try all failed ones of the caller's own again",
        responses=answers(200, RetriedWire),
    )
    def retry_all(caller: Caller) -> Json:
        retried = records.retry_all(caller)
        door.doorbell.ring(VERIFY)
        return Json({"retried": retried})

    # Not `retry`, which is another route's: Allow names what an address takes.
    @router.get(
        "/sync-events/{event_id:uuid}", summary="One sync event", responses=answers(200, EventWire, EventNotFound)
    )
    def get_event(caller: Caller, event_id: UUID) -> Json:
        event = records.event(caller, event_id)
        return Json(_documents(door, caller, event)[0])

    @router.get(
        "/sync-events/{file_id}/status",
        summary="How a file stands: its newest sync event",
        responses=answers(200, FileSyncWire, FileNotFound),
    )
    def get_file_status(caller: Caller, file_id: UUID) -> Json:
        found = records.file_status(caller, file_id)
        if found.sync_status not in _UNFINISHED:
            return Json(file_sync_document(found))
        event = records.event(caller, found.event_id)
        return Json(file_sync_document(found) | {"reason": reason(event, _facts(door, event))})

    @router.post(
        "/sync-events/{event_id}/retry",
        summary="Try a failed one again; any other stays as it is",
        responses=answers(200, EventWire, EventNotFound),
    )
    def retry(caller: Caller, event_id: UUID) -> Json:
        event = records.retry(caller, event_id)
        door.doorbell.ring(VERIFY)
        return Json(_documents(door, caller, event)[0])

    return router


def verify_routes(door: Door) -> APIRouter:
    """Verify now: every byte is read again. To ask twice is to ask once."""
    router = APIRouter(tags=["sync"], route_class=StrictRoute)
    records = door.records

    @router.post(
        "/files/{file_id}/verify",
        status_code=202,
        summary="Read every byte of a file again; the answer is the sync event that tells how it goes",
        responses=answers(202, EventWire, FileNotFound),
    )
    def verify_file(caller: Caller, file_id: UUID) -> Json:
        event = records.verify_file(caller, file_id)
        door.doorbell.ring(VERIFY)
        return Json(_documents(door, caller, event)[0], 202)

    @router.post(
        "/buckets/{bucket}/verify",
        status_code=202,
        summary="Read every byte of all files of a bucket again; how many files these are, and since when",
        responses=answers(202, BucketCheckWire, BucketNotFound),
    )
    def verify_bucket(caller: Caller, bucket: str) -> Json:
        at = door.clock()
        files = records.verify_bucket(caller, bucket)
        door.doorbell.ring(SPREAD)
        return Json({"files": files, "at": at}, 202)

    return router


def _documents(door: Door, caller: Identity, *events: SyncEvent) -> list[dict[str, Any]]:
    known = _facts(door, *events)
    return [event_document(event, known, is_admin=is_administrator(caller)) for event in events]


def _facts(door: Door, *events: SyncEvent) -> Facts:
    """Only why something waits needs a look at what it may wait for."""
    is_waiting = any(event.status is EventStatus.PENDING for event in events)
    return Facts(door.clock(), from_thread.run(door.health.look) if is_waiting else ())
