"""The room as a service of its own: its routes, health, metrics, and the chores that run behind them."""

from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import APIRouter, FastAPI

from foundation.http_health import Ready
from foundation.http_service import create_service
from foundation.http_wire import Json
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings
from sync.api_events import event_routes, verify_routes
from sync.api_stream import stream_routes
from sync.api_summary import scrub_routes, summary_routes
from sync.door import Door
from sync.health import HealthBoard
from sync.loop import Loops


def routes(door: Door) -> APIRouter:
    """All routes; whoever serves them also keeps `watching(door)` open, and the journals' `polling`."""
    router = APIRouter()
    for part in (event_routes, verify_routes, summary_routes, scrub_routes, stream_routes):
        router.include_router(part(door))
    return router


def watching(door: Door) -> AbstractAsyncContextManager[None]:
    """What must be open while the routes are served, for those who read hints."""
    return door.watcher.running()


def readiness_routes(health: HealthBoard) -> APIRouter:
    """The front door's /readyz: a whole installation, names and states only, 503 if one is not ok."""
    router = APIRouter(include_in_schema=False)

    @router.get("/readyz/all")
    async def readyz_all() -> Json:
        # A copy of the store may be lost and everything go on.
        standings = [one for one in await health.look() if not one.is_copy]
        services = {one.name: one.problem or "ok" for one in standings}
        return Json({"services": services}, 503 if any(one.problem for one in standings) else 200)

    return router


def create_app(
    loops: Loops, door: Door, *, settings: ServiceSettings, verifier: TokenVerifier, ready: Ready, notices: Ready
) -> FastAPI:
    return create_service(
        "sync",
        [routes(door)],
        root_routers=[readiness_routes(door.health)],
        settings=settings,
        verifier=verifier,
        ready=ready,
        notices=notices,
        background=[
            loops.running,
            partial(watching, door),
            partial(door.long_poll.running, door.journals.sequences),
        ],
    )
