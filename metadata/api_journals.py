"""Routes of the journals, with long-poll."""

from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query

from foundation.http_caller import Caller, CallerRoute
from foundation.http_wire import Json, limit
from foundation.problems import Unauthenticated
from metadata.errors import BucketNotFound, CursorExpired
from metadata.longpoll import LongPoll
from metadata.model import Changes
from metadata.parts import Parts
from metadata.wire import ChangesWire, answers, change_document

After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Changes after this sequence.")]
Wait = Annotated[float, Query(ge=0, le=60, description="Seconds to wait for a change where there is none yet.")]


def journal_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["changes"], route_class=CallerRoute)
    journals = parts.journals

    @router.get(
        "/buckets/{bucket}/changes",
        summary="A bucket's changes after a sequence, in order and without gaps",
        responses=answers(200, ChangesWire, BucketNotFound, CursorExpired),
    )
    async def bucket_changes(
        caller: Caller,
        bucket: str,
        after: After = 0,
        limit: Annotated[int, limit(100, 10_000)] = 100,
        wait: Wait = 0,
    ) -> Json:
        read = partial(journals.read, caller, bucket, after, limit)
        changes = await run_sync(read)
        if wait and not changes.items:
            found = await run_sync(parts.buckets.get, caller, bucket)
            changes = await _awaited(parts.long_poll, found.id, read, after, wait)
        return _answer(changes)

    @router.get(
        "/changes",
        summary="The caller's own journal: buckets that came, changed, went",
        responses=answers(200, ChangesWire, CursorExpired),
    )
    async def root_changes(
        caller: Caller, after: After = 0, limit: Annotated[int, limit(100, 10_000)] = 100, wait: Wait = 0
    ) -> Json:
        read = partial(journals.read_root, caller, after, limit)
        changes = await run_sync(read)
        if wait and not changes.items:
            if caller.user is None:
                raise Unauthenticated
            changes = await _awaited(parts.long_poll, caller.user, read, after, wait)
        return _answer(changes)

    return router


async def _awaited(
    long_poll: LongPoll, journal: UUID, read: Callable[[], Changes], after: int, seconds: float
) -> Changes:
    """What `read` gives once there is something, at the latest after `seconds`; it decides anew whether the caller may."""
    with long_poll.watch(journal, after) as watch:
        # What came between the first reading and the watch.
        changes = await run_sync(read)
        if changes.items:
            return changes
        await watch.wait(seconds)
    return await run_sync(read)


def _answer(changes: Changes) -> Json:
    items = [change_document(change) for change in changes.items]
    return Json({"items": items, "sequence": changes.sequence, "more": changes.more})
