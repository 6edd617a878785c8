"""What whoever watches over a process asks it: whether it lives, whether it can work, and what it counts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from foundation.http_problems import render_problems
from foundation.http_requests import Metrics, Requests
from foundation.problems import Problem
from foundation.settings import ServiceSettings

READY_SECONDS = 3.0

Ready = Mapping[str, Callable[[], None]]


def create_watched(
    name: str,
    *,
    settings: ServiceSettings,
    ready: Ready,
    working: Callable[[], AbstractAsyncContextManager[None]],
    show: Callable[[CollectorRegistry], object],
) -> Starlette:
    """A service that nobody asks for anything else. `ready`, `show`: as of `create_service`, without FastAPI, which takes 10 MB;
    `working`: entered when it starts, left when it ends.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with working():
            yield

    registry = CollectorRegistry()
    app = Starlette(routes=health_routes(ready, {}, registry), lifespan=lifespan)
    app.state.registry = registry
    render_problems(app)
    show(registry)
    app.add_middleware(Requests, settings=settings, metrics=Metrics(registry, name))
    return app


def health_routes(ready: Ready, notices: Ready, registry: CollectorRegistry) -> list[Route]:
    """`ready`, `notices`: see `create_service`."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        checks = {**notices, **ready}
        states = await asyncio.gather(*(_state(check) for check in checks.values()))
        services = dict(zip(checks, states, strict=True))
        is_ready = all(services[name] == "ok" for name in ready)
        return JSONResponse({"services": services}, 200 if is_ready else 503)

    async def metrics(_request: Request) -> Response:
        # In a thread: some figures are asked for elsewhere, and what is asked may be slow.
        return Response(await asyncio.to_thread(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz, include_in_schema=False),
        Route("/readyz", readyz, include_in_schema=False),
        Route("/metrics", metrics, include_in_schema=False),
    ]


async def _state(check: Callable[[], None]) -> str:
    """Names and states only: reasons are for the log and for those who are signed in."""
    try:
        await asyncio.wait_for(asyncio.to_thread(check), READY_SECONDS)
    except Problem as problem:
        return problem.slug
    except TimeoutError:
        return "slow"
    return "ok"
