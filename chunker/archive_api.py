"""The route of archives."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from pydantic import Field

from block_storage import StorageFailed
from chunker.archive import Archive, archive_name, selection
from chunker.assembly import Shared
from chunker.bodies import JsonBodies, request_body
from chunker.disposition import attachment
from chunker.errors import ContentDamaged
from chunker.loads import LoadsResponse
from chunker.parts import Parts
from chunker.wire import Text
from foundation.http_caller import Caller, CallerRoute
from foundation.openapi import problems
from foundation.problems import (
    BodyTooSlow,
    Busy,
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from foundation.wire import Wire
from metadata import BucketNotFound, FileNotFound

MAX_PATHS = 1000
_ERRORS = (
    Malformed,
    Unauthenticated,
    Forbidden,
    BodyTooSlow,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    BucketNotFound,
    FileNotFound,
    ContentDamaged,
    StorageFailed,
    Busy,
)
_EXAMPLE = {"bucket": "documents", "paths": ["letters/2026/", "notes.txt"]}


_Paths = Annotated[tuple[Annotated[Text, Field(max_length=1024)], ...], Field(min_length=1, max_length=MAX_PATHS)]


class ArchiveWire(Wire):
    bucket: Text
    paths: _Paths


class ArchiveFormWire(Wire):
    """The same as a form, whose answer a browser saves by itself."""

    bucket: Text
    path: _Paths


def archive_routes(parts: Parts, bodies: JsonBodies, shared: Shared) -> APIRouter:
    router = APIRouter(tags=["content"], route_class=CallerRoute)

    @router.post(
        "/archive",
        summary="Files and folders as one ZIP archive, streamed",
        description="A folder is all below it; an empty path is the whole bucket. What cannot be read cuts the answer off."
        " A form with the field `bucket` and one `path` for each path is answered in the same way.",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}, **problems(*_ERRORS)},
        openapi_extra=request_body(ArchiveWire, _EXAMPLE, ArchiveFormWire),
    )
    async def get_archive(request: Request, caller: Caller) -> Response:
        wire = await bodies.read_form(request, ArchiveWire, {"path": "paths"})
        bucket = await run_sync(parts.catalogue.buckets.get, caller, wire.bucket)
        selected = await run_sync(selection, parts, caller, str(bucket.id), wire.paths)
        archive = Archive(parts, caller, selected, shared)
        await archive.ahead.first()
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": attachment(archive_name(selected, bucket.title or bucket.name)),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        }
        return LoadsResponse(archive.pieces(), archive.ahead, headers, parts.settings.stall_seconds)

    return router
