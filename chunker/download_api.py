"""Routes of downloads: a file or a version, whole or in ranges; one block of it."""

from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response

from block_storage import StorageFailed
from chunker.assembly import ReadAhead, Shared, Source
from chunker.conditions import is_not_modified, is_range_wanted
from chunker.digests import repr_digest
from chunker.disposition import attachment
from chunker.download import ContentResponse, Part, byteranges
from chunker.errors import ContentDamaged, RangeNotSatisfiable
from chunker.parts import Parts
from chunker.ranges import ByteRange, parse_ranges
from foundation.http_caller import Anybody, CallerRoute
from foundation.http_wire import RawPath
from foundation.openapi import Responses, problems
from foundation.problems import (
    Forbidden,
    Invalid,
    Malformed,
    PreconditionFailed,
    Unauthenticated,
)
from metadata import (
    BucketNotFound,
    FileNotFound,
    FileVersion,
    VersionNotFound,
)

_READ = (Malformed, Unauthenticated, Forbidden, BucketNotFound, FileNotFound, VersionNotFound, PreconditionFailed)
_DOWNLOAD: Responses = {
    200: {"description": "The whole content", "content": {"*/*": {}}},
    206: {"description": "The ranges asked for", "content": {"*/*": {}}},
    304: {"description": "The client has it already"},
    **problems(*_READ, RangeNotSatisfiable, ContentDamaged, StorageFailed),
}
_HEAD: Responses = {
    200: {"description": "The headers of the content", "content": {"*/*": {}}},
    304: {"description": "The client has it already"},
}

Version = Annotated[UUID | None, Query(description="An older version; absent: the current one.")]


def download_routes(parts: Parts, shared: Shared) -> APIRouter:
    router = APIRouter(tags=["content"], route_class=CallerRoute)
    files = parts.catalogue.files
    readers = _Readers(parts, shared)

    @router.get(
        "/buckets/{bucket}/content/{path:any}", summary="Download a file", responses=_DOWNLOAD, response_class=Response
    )
    async def get_content(
        request: Request, bucket: str, path: RawPath, caller: Anybody, version: Version = None
    ) -> Response:
        return await readers.answer(request, await run_sync(files.find, caller, bucket, path, version))

    @router.head(
        "/buckets/{bucket}/content/{path:any}",
        summary="The headers of a download",
        responses=_HEAD,
        response_class=Response,
    )
    async def head_content(
        request: Request, bucket: str, path: RawPath, caller: Anybody, version: Version = None
    ) -> Response:
        return await readers.answer(request, await run_sync(files.find, caller, bucket, path, version))

    @router.get(
        "/files/{file_id}/versions/{version_id}/content",
        summary="Download a version",
        responses=_DOWNLOAD,
        response_class=Response,
    )
    async def get_version(request: Request, file_id: UUID, version_id: UUID, caller: Anybody) -> Response:
        return await readers.answer(request, await run_sync(files.content, caller, file_id, version_id))

    @router.head(
        "/files/{file_id}/versions/{version_id}/content",
        summary="The headers of a version",
        responses=_HEAD,
        response_class=Response,
    )
    async def head_version(request: Request, file_id: UUID, version_id: UUID, caller: Anybody) -> Response:
        return await readers.answer(request, await run_sync(files.content, caller, file_id, version_id))

    @router.get(
        "/files/{file_id}/versions/{version_id}/chunks/{index}",
        summary="One whole block of a version, immutable",
        responses={200: {"content": {"application/octet-stream": {}}}, **problems(*_READ, Invalid, ContentDamaged)},
    )
    async def get_chunk(
        request: Request,
        file_id: UUID,
        version_id: UUID,
        index: Annotated[int, Path(ge=0, le=10_000_000)],
        caller: Anybody,
    ) -> Response:
        return await readers.chunk(request, await run_sync(files.content, caller, file_id, version_id), index)

    return router


class _Readers:
    """Answers requests for bytes of a version that the caller may read."""

    def __init__(self, parts: Parts, shared: Shared) -> None:
        self._parts, self._shared = parts, shared

    def _source(self, version: FileVersion) -> Source:
        return Source(version, self._parts.catalogue, self._parts.store, self._shared)

    async def answer(self, request: Request, version: FileVersion) -> Response:
        """Raises PreconditionFailed, RangeNotSatisfiable, and ContentDamaged before the first byte."""
        source = self._source(version)
        headers = _content_headers(version)
        if is_not_modified(request.headers, version.etag):
            return Response(status_code=304, headers=headers)
        whole = ByteRange(0, version.size)
        ranges = None
        if request.method == "GET" and is_range_wanted(request.headers, version.etag):
            ranges = parse_ranges(request.headers.get("range"), version.size)
        readers = [ReadAhead(source, one, self._parts.settings.read_ahead_blocks) for one in ranges or [whole]]
        if request.method == "GET":
            await readers[0].first()
        stall = self._parts.settings.stall_seconds
        if ranges is None or len(ranges) == 1:
            content_range = {"Content-Range": ranges[0].content_range(version.size)} if ranges else {}
            headers |= {"Content-Type": version.content_type, **content_range}
            return ContentResponse([Part(b"", readers[0])], 206 if ranges else 200, headers, stall)
        parts, content_type = byteranges(ranges, readers, version.size, version.content_type)
        return ContentResponse(parts, 206, headers | {"Content-Type": content_type}, stall)

    async def chunk(self, request: Request, version: FileVersion, index: int) -> Response:
        source = self._source(version)
        chunk = await source.chunk(index)
        headers = {
            "ETag": f'"{chunk.id}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Content-Disposition": "attachment",
        }
        if is_not_modified(request.headers, str(chunk.id)):
            return Response(status_code=304, headers=headers)
        reader = ReadAhead(source, ByteRange(chunk.offset, chunk.offset + chunk.size), 0, (chunk,))
        await reader.first()
        headers |= {"Content-Type": "application/octet-stream"}
        return ContentResponse([Part(b"", reader)], 200, headers, self._parts.settings.stall_seconds)


def _content_headers(version: FileVersion) -> dict[str, str]:
    headers = {
        "ETag": f'"{version.etag}"',
        "Last-Modified": format_datetime(version.created_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": attachment(version.path),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    if digest := repr_digest(version.digests):
        headers["Repr-Digest"] = digest
    return headers
