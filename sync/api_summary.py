"""Routes of the dashboard: the summary, the rounds of proof, and which blocks are wanted again."""

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter

from foundation.blocks import BlockId
from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.problems import CursorInvalid
from sync.door import Door, is_administrator
from sync.looks import Looks
from sync.summary import summary
from sync.wire import RoundWire, ScrubRequestWire, ScrubWire, WantedWire, answers, round_document, wanted_document
from sync.wire_summary import SummaryWire, scrub_document, summary_document

SCRUB = "scrub"  # the chore that reads everything stored


def summary_routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["sync"], route_class=StrictRoute)
    looks: Looks[dict[str, Any]] = Looks()

    @router.get(
        "/sync/summary",
        summary="How everything stands: the caller's own files, and what they depend on; all for administrators",
        description="At most a second old, however many ask.",
        responses=answers(200, SummaryWire),
    )
    async def get_summary(caller: Caller) -> Json:
        is_admin = is_administrator(caller)

        async def look() -> dict[str, Any]:
            return summary_document(await summary(door, caller), is_admin=is_admin)

        return Json(await looks.get((caller.user, caller.scopes), look))

    @router.get(
        "/sync/wanted",
        summary="Which of the caller's own blocks are damaged or missing: sent to any upload they heal, wherever they are used",
        responses=answers(200, WantedWire, CursorInvalid),
    )
    def list_wanted(caller: Caller, limit: Annotated[int, limit(100, 1000)] = 100, cursor: str | None = None) -> Json:
        scope = (caller.user,)
        found = door.records.wanted(caller, _block_after(decode_cursor("wanted", scope, cursor)), limit + 1)
        following = encode_cursor("wanted", scope, str(found[limit - 1].id)) if len(found) > limit else None
        return Json({"items": [wanted_document(block) for block in found[:limit]], "next_cursor": following})

    return router


def scrub_routes(door: Door) -> APIRouter:
    router = APIRouter(tags=["sync"], route_class=StrictRoute)

    @router.get(
        "/sync/scrub",
        summary="The round of proof that goes on, and the last one that ended",
        responses=answers(200, ScrubWire),
    )
    async def get_scrub(caller: Caller) -> Json:
        figures = await run_sync(door.records.figures, caller)
        return Json(scrub_document(figures, is_admin=is_administrator(caller)))

    @router.post(
        "/sync/scrub",
        status_code=202,
        summary="Read everything stored again, from now; one that goes on becomes urgent; for administrators",
        responses=answers(202, RoundWire),
    )
    def request_scrub(caller: Caller, wanted: ScrubRequestWire | None = None) -> Json:
        begun = door.proofs.request(caller, is_urgent=wanted is not None and wanted.urgent)
        door.doorbell.ring(SCRUB)
        return Json(round_document(begun, is_admin=True), 202)

    return router


def _block_after(key: str | None) -> BlockId | None:
    try:
        return None if key is None else BlockId.parse(key)
    except ValueError as error:
        raise CursorInvalid("This is no cursor of this server. Start from the first page.") from error
