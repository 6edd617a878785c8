"""Routes of downloads: a file or a version, whole or in ranges; whole blocks of it."""

from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from block_storage import StorageFailed
from chunker.assembly import ReadAhead, Shared, Source
from chunker.conditions import is_not_modified, is_range_wanted
from chunker.digests import repr_digest
from chunker.disposition import attachment
from chunker.door import UNVERIFIED, VERIFIES, from_disk, may_leave
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

MAX_RUN_CHUNKS = 16  # Each an open file of nginx as long as its reader takes.

Version = Annotated[UUID | None, Query(description="An older version; absent: the current one.")]


def _run(
    index: Annotated[int, Path(ge=0, le=10_000_000)], count: Annotated[int, Query(ge=1, le=MAX_RUN_CHUNKS)] = 1
) -> range:
    return range(index, index + count)


Run = Annotated[range, Depends(_run)]


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
        summary="One whole block of a version, immutable; or some that follow each other",
        description="With `count`, that many blocks one behind the other, fewer at the end of the version. A client that sends"
        f" `{VERIFIES}: sha-256` promises to compare each with its id: a front door that has the store's folder then sends them from there,"
        f" whole, never ranges, and says so by `{UNVERIFIED}`. What is damaged or missing there is to be asked for without the header.",
        responses={200: {"content": {"application/octet-stream": {}}}, **problems(*_READ, Invalid, ContentDamaged)},
    )
    async def get_chunk(
        request: Request,
        file_id: UUID,
        version_id: UUID,
        wanted: Run,
        caller: Anybody,
    ) -> Response:
        return await readers.chunks(request, await run_sync(files.content, caller, file_id, version_id), wanted)

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

    async def chunks(self, request: Request, version: FileVersion, wanted: range) -> Response:
        """Whole chunks, as many of `wanted` as there are. Raises VersionNotFound beyond the last."""
        source, is_one = self._source(version), len(wanted) == 1
        chunks = await source.run(wanted.start, len(wanted))
        headers = {
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Content-Disposition": "attachment",
        }
        if is_one:
            headers["ETag"] = f'"{chunks[0].id}"'
            if is_not_modified(request.headers, str(chunks[0].id)):
                return Response(status_code=304, headers=headers)
        if may_leave(request.headers, chunks):
            return from_disk(chunks, headers)
        whole = ByteRange(chunks[0].offset, chunks[-1].offset + chunks[-1].size)
        reader = ReadAhead(source, whole, 0 if is_one else self._parts.settings.read_ahead_blocks, chunks)
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
