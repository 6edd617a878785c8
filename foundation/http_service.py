"""The one way to make an HTTP service of routers: errors, limits, health, metrics, CORS, clean start and end."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from foundation.http_health import Ready, health_routes
from foundation.http_invalid import render_invalid
from foundation.http_problems import render_problems
from foundation.http_requests import Metrics, Requests
from foundation.identity import TokenVerifier
from foundation.internal_calls import INTERNAL
from foundation.measures import show_process
from foundation.openapi import describe
from foundation.settings import ServiceSettings

API = "/api/v1"

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
    render_invalid(app)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    show(registry)
    app.add_middleware(Requests, settings=settings, metrics=Metrics(registry, name))
    for router in routers:
        app.include_router(router, prefix=API)
    for router in internal_routers:
        app.include_router(router, prefix=INTERNAL, include_in_schema=False)
    app.router.routes.extend(health_routes(ready, notices, registry))
    for router in root_routers:
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
