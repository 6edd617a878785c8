"""All routes of this room, and the room as a service of its own."""

from fastapi import APIRouter, FastAPI

from chunker.archive_api import archive_routes
from chunker.assembly import Shared
from chunker.block_api import block_routes
from chunker.bodies import JsonBodies
from chunker.commit_api import commit_routes
from chunker.content_api import content_routes
from chunker.download_api import download_routes
from chunker.intake import Intake
from chunker.open_uploads import OpenUploads
from chunker.parts import Parts
from chunker.read_memory import ReadMemory
from chunker.upload_api import upload_routes
from chunker.versions_api import versions_routes
from foundation.http_health import Ready
from foundation.http_service import create_service
from foundation.identity import TokenVerifier
from foundation.settings import ServiceSettings


def routes(parts: Parts) -> APIRouter:
    """Uploads, commits and contents, below /api/v1. One set serves one event loop."""
    intake = Intake(parts.store, parts.catalogue.blocks, parts.settings)
    open_uploads = OpenUploads(parts.catalogue.uploads)
    bodies = JsonBodies(parts.settings)
    memory = ReadMemory(parts.settings.read_memory_bytes, parts.settings.receive_wait_seconds)
    shared = Shared(intake.threads, memory)
    router = APIRouter()
    router.include_router(upload_routes(parts, open_uploads, bodies))
    router.include_router(block_routes(parts, open_uploads, intake))
    router.include_router(commit_routes(parts, open_uploads, bodies))
    router.include_router(content_routes(parts, intake))
    router.include_router(download_routes(parts, shared))
    router.include_router(versions_routes(parts, bodies, shared))
    router.include_router(archive_routes(parts, bodies, shared))
    return router


def create_app(parts: Parts, *, settings: ServiceSettings, verifier: TokenVerifier, ready: Ready) -> FastAPI:
    return create_service("chunker", [routes(parts)], settings=settings, verifier=verifier, ready=ready)
