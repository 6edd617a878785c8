"""Block storage as a service of its own: for Cairn's other services only, under /internal/v1."""

from collections.abc import Sequence

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI

from block_storage.block_api import block_routes, many_routes
from block_storage.meta_api import meta_routes
from block_storage.parts import Parts
from block_storage.traffic import Traffic
from foundation.budget import Budget
from foundation.http_health import Ready
from foundation.http_json import StrictRoute
from foundation.http_service import Background, create_service
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings


def internal_routes(parts: Parts) -> APIRouter:
    """All routes, below /internal/v1. One set serves one event loop."""
    limits = parts.limits
    traffic = Traffic(
        store=parts.store,
        threads=CapacityLimiter(limits.store_threads),
        provers=CapacityLimiter(limits.prove_threads),
        received=Budget(limits.receive_bytes, limits.wait_seconds),
        read=Budget(limits.read_bytes, limits.wait_seconds),
        body_seconds=limits.body_seconds,
        prove_seconds=limits.prove_seconds,
    )
    router = APIRouter(tags=["block storage"], route_class=StrictRoute)
    for routes in (many_routes, block_routes, meta_routes):
        routes(router, traffic)
    return router


def create_app(
    parts: Parts,
    *,
    settings: ServiceSettings,
    verifier: TokenVerifier,
    ready: Ready,
    notices: Ready,
    background: Sequence[Background] = (),
) -> FastAPI:
    """`verifier` knows services: a ServiceTokenVerifier."""
    return create_service(
        "block storage",
        [],
        internal_routers=[internal_routes(parts)],
        settings=settings,
        verifier=verifier,
        ready=ready,
        notices=notices,
        background=background,
    )
