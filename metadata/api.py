"""The catalogue's HTTP door, over the seams it is given."""

from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import APIRouter, FastAPI

from foundation.http_health import Ready
from foundation.http_service import create_service
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings
from metadata.api_buckets import bucket_routes
from metadata.api_files import file_routes, history_routes, listing_routes
from metadata.api_folders import folder_routes
from metadata.api_journals import journal_routes
from metadata.api_members import account_routes, member_routes
from metadata.api_search import search_routes, statistics_routes
from metadata.api_twins import twin_routes
from metadata.catalogue import Catalogue
from metadata.internal_api import internal_routes
from metadata.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """All routes; whoever serves them also keeps `polling(parts)` open."""
    router = APIRouter()
    for part in (
        bucket_routes,
        member_routes,
        account_routes,
        listing_routes,
        folder_routes,
        twin_routes,
        file_routes,
        history_routes,
        journal_routes,
        search_routes,
        statistics_routes,
    ):
        router.include_router(part(parts))
    return router


def polling(parts: Parts) -> AbstractAsyncContextManager[None]:
    """What must be open while the routes are served, for those who wait for changes."""
    return parts.long_poll.running(parts.journals.sequences)


def create_app(
    parts: Parts,
    *,
    settings: ServiceSettings,
    verifier: TokenVerifier,
    ready: Ready,
    catalogue: Catalogue | None = None,
) -> FastAPI:
    """The catalogue as a service of its own; with `catalogue`, also for other rooms, whose tokens `verifier` must know."""
    return create_service(
        "metadata",
        [routes(parts)],
        settings=settings,
        verifier=verifier,
        ready=ready,
        background=[partial(polling, parts)],
        internal_routers=[internal_routes(catalogue)] if catalogue else [],
    )
