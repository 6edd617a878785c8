"""The one way to make an HTTP service of routers: errors, limits, health, metrics, CORS, clean start and end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.middleware.cors import CORSMiddleware

from foundation.http_internal import INTERNAL
from foundation.http_problems import render_problems
from foundation.http_requests import Metrics, Requests
from foundation.http_wire import Json
from foundation.identity import TokenVerifier
from foundation.measures import show_process
from foundation.openapi import describe
from foundation.problems import Problem
from foundation.settings import ServiceSettings

API = "/api/v1"
READY_SECONDS = 3.0

Ready = Mapping[str, Callable[[], None]]
Background = Callable[[], AbstractAsyncContextManager[None]]


def create_service(  # noqa: PLR0913 — keywords of the one composition root.
    name: str,
    routers: Sequence[APIRouter],
    *,
    settings: ServiceSettings,
    verifier: TokenVerifier,
    ready: Ready,
    notices: Ready = MappingProxyType({}),
    background: Sequence[Background] = (),
    root_routers: Sequence[APIRouter] = (),
    internal_routers: Sequence[APIRouter] = (),
    show: Callable[[CollectorRegistry], object] = show_process,
) -> FastAPI:
    """A service that serves `routers` under /api/v1, `root_routers` at the root, and `internal_routers`, which its public
    specification does not tell of, under /internal/v1.

    `ready`: a check for each dependency, run in a thread; it raises what is wrong. `notices`: as `ready`, shown by /readyz without making
    it say 503, for what an operator must see but nobody should be turned away for. `background`: entered when the service starts,
    left when it ends. `show`: given the registry of /metrics, to add what more is counted in it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for enter in background:
                await stack.enter_async_context(enter())
            yield

    app = FastAPI(
        title=f"Cairn: {name}", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.verifier = verifier
    app.state.settings = settings
    registry = CollectorRegistry()
    app.state.registry = registry
    render_problems(app)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    show(registry)
    app.add_middleware(Requests, settings=settings, metrics=Metrics(registry, name))
    for router in routers:
        app.include_router(router, prefix=API)
    for router in internal_routers:
        app.include_router(router, prefix=INTERNAL, include_in_schema=False)
    for router in (_health_routes(ready, notices, registry), *root_routers):
        app.include_router(router)
    describe(app)
    return app


def _allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    exposed = [
        "ETag",
        "Content-Range",
        "Accept-Ranges",
        "Content-Disposition",
        "Repr-Digest",
        "Retry-After",
        "X-Request-Id",
    ]
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=exposed,
    )


def _health_routes(ready: Ready, notices: Ready, registry: CollectorRegistry) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Json:
        return Json({"status": "ok"})

    @router.get("/readyz")
    async def readyz() -> Json:
        checks = {**notices, **ready}
        states = await asyncio.gather(*(_state(check) for check in checks.values()))
        services = dict(zip(checks, states, strict=True))
        is_ready = all(services[name] == "ok" for name in ready)
        return Json({"services": services}, 200 if is_ready else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        # In a thread: some figures are asked for elsewhere, and what is asked may be slow.
        return Response(await asyncio.to_thread(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _state(check: Callable[[], None]) -> str:
    """Names and states only: reasons are for the log and for those who are signed in."""
    try:
        await asyncio.wait_for(asyncio.to_thread(check), READY_SECONDS)
    except Problem as problem:
        return problem.slug
    except TimeoutError:
        return "slow"
    return "ok"
