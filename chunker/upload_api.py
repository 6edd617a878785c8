"""Routes of upload sessions: open, plan, ask, publish, abort."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from chunker.answers import (
    FileAnswer,
    MissingAnswer,
    UploadAnswer,
    UploadOpenedAnswer,
    UploadsAnswer,
    answers,
    file_document,
    upload_document,
)
from chunker.bodies import JsonBodies, request_body
from chunker.counted import count_planned
from chunker.errors import ChunkSize
from chunker.open_uploads import OpenUploads
from chunker.parts import Parts
from chunker.publish import publish
from chunker.wire import (
    MAX_PAGE_CHUNKS,
    PageWire,
    UploadWire,
    chunks_from,
    require_plan,
)
from foundation.blocks import BlockId
from foundation.http_caller import Caller, CallerRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.identity import Identity
from foundation.openapi import problems
from foundation.problems import (
    BodyTooSlow,
    Busy,
    CursorInvalid,
    Forbidden,
    Invalid,
    Malformed,
    OutcomeUnknown,
    PreconditionFailed,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from metadata import (
    AccountClosing,
    BlocksMissing,
    BucketNotFound,
    Buckets,
    Chunk,
    ChunksInvalid,
    CommitRequest,
    IdempotencyKeyReused,
    OnceKey,
    PathInvalid,
    PathTaken,
    QuotaExceeded,
    Target,
    Upload,
    UploadEnded,
    UploadNotFound,
    VersionConflict,
)

_JSON = (Malformed, Unauthenticated, Forbidden, BodyTooSlow, TooLarge, UnsupportedMediaType, Invalid, Busy)
_EXAMPLE_ID = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a"
_EXAMPLE_UPLOAD = {
    "bucket": "documents",
    "path": "letters/2026/january.txt",
    "size": 12,
    "chunks": [{"id": _EXAMPLE_ID, "size": 12}],
    "content_type": "text/plain",
}
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


def upload_routes(parts: Parts, open_uploads: OpenUploads, bodies: JsonBodies) -> APIRouter:
    router = APIRouter(tags=["uploads"], route_class=CallerRoute)
    uploads, commits, buckets = parts.catalogue.uploads, parts.catalogue.commits, parts.catalogue.buckets

    @router.post(
        "/uploads",
        status_code=201,
        summary="Open an upload and ask which blocks must be sent",
        responses=answers(
            (201,),
            UploadOpenedAnswer,
            *_JSON,
            BucketNotFound,
            VersionConflict,
            PathTaken,
            QuotaExceeded,
            AccountClosing,
            PathInvalid,
            ChunksInvalid,
            ChunkSize,
            IdempotencyKeyReused,
        ),
        openapi_extra=request_body(UploadWire, _EXAMPLE_UPLOAD),
    )
    async def open_upload(request: Request, caller: Caller, _key: OnceKey = None) -> Response:
        wire, once = await bodies.read_once(request, UploadWire)
        target, chunks = wire.target(), chunks_from(wire.chunks)
        await run_sync(_require_fit, buckets, caller, target, chunks)
        upload, missing = await run_sync(uploads.open, caller, target, wire.precondition(), chunks, once)
        open_uploads.add(upload)
        count_planned(chunks, missing)
        return Json(
            {"upload_id": upload.id, "missing": [id.hex() for id in missing], "expires_at": upload.expires_at}, 201
        )

    @router.patch(
        "/uploads/{upload_id}",
        summary="Plan more chunks",
        responses=answers((200,), MissingAnswer, *_JSON, UploadNotFound, UploadEnded, ChunksInvalid, ChunkSize),
        openapi_extra=request_body(
            PageWire, {"first_index": 10_000, "chunks": [{"id": _EXAMPLE_ID, "size": 1_048_576}]}
        ),
    )
    async def plan(request: Request, upload_id: UUID, caller: Caller) -> Response:
        wire = await bodies.read(request, PageWire)
        chunks = chunks_from(wire.chunks)
        _require_page(await run_sync(uploads.get, caller, upload_id), wire.first_index, chunks)
        missing = await run_sync(uploads.plan, caller, upload_id, wire.first_index, chunks)
        count_planned(chunks, missing)
        return Json({"missing": [id.hex() for id in missing]})

    @router.get(
        "/uploads",
        summary="The caller's open uploads, newest first",
        responses=answers((200,), UploadsAnswer, Unauthenticated, Forbidden, Invalid, CursorInvalid),
    )
    async def list_uploads(
        caller: Caller, limit: Annotated[int, limit(100, 1000)] = 100, cursor: Cursor = None
    ) -> Response:
        after = decode_cursor("uploads", caller.user, cursor)
        page = await run_sync(uploads.list, caller, after, limit)
        following = encode_cursor("uploads", caller.user, page.next_key) if page.next_key else None
        return Json({"items": [upload_document(upload) for upload in page.items], "next_cursor": following})

    @router.get(
        "/uploads/{upload_id}",
        summary="All that a client needs to resume an upload",
        responses=answers((200,), UploadAnswer, Unauthenticated, Forbidden, UploadNotFound, Invalid, CursorInvalid),
    )
    async def get_upload(
        upload_id: UUID,
        caller: Caller,
        limit: Annotated[int, limit(MAX_PAGE_CHUNKS, MAX_PAGE_CHUNKS)] = MAX_PAGE_CHUNKS,
        cursor: Cursor = None,
    ) -> Response:
        key = decode_cursor("upload", upload_id, cursor)
        after = BlockId(bytes.fromhex(key)) if key else None
        upload = await run_sync(uploads.get, caller, upload_id)
        missing = await run_sync(uploads.missing, caller, upload_id, after, limit)
        following = encode_cursor("upload", upload_id, missing[-1].hex()) if len(missing) == limit else None
        return Json({**upload_document(upload), "missing": [id.hex() for id in missing], "next_cursor": following})

    @router.delete(
        "/uploads/{upload_id}",
        status_code=204,
        summary="Abort an upload",
        responses=problems(Unauthenticated, Forbidden, UploadNotFound, UploadEnded),
    )
    async def end_upload(upload_id: UUID, caller: Caller) -> Response:
        open_uploads.forget(upload_id)
        await run_sync(uploads.end, caller, upload_id)
        return Response(status_code=204)

    @router.post(
        "/uploads/{upload_id}/commit",
        status_code=201,
        summary="Publish the planned file; repeatable",
        responses=answers(
            (201,),
            FileAnswer,
            Unauthenticated,
            Forbidden,
            BucketNotFound,
            UploadNotFound,
            BlocksMissing,
            VersionConflict,
            PathTaken,
            QuotaExceeded,
            UploadEnded,
            PreconditionFailed,
            ChunksInvalid,
            OutcomeUnknown,
        ),
    )
    async def commit_upload(upload_id: UUID, caller: Caller) -> Response:
        result = await publish(commits, CommitRequest(caller, upload_id, bucket=open_uploads.bucket_of(upload_id)))
        open_uploads.forget(upload_id)
        return Json(file_document(result.version), 201)

    return router


def _require_fit(buckets: Buckets, caller: Identity, target: Target | None, chunks: Sequence[Chunk]) -> None:
    if target is not None and target.size is not None:
        require_plan(buckets.get(caller, target.bucket).chunking, target.size, 0, chunks)


def _require_page(upload: Upload, first_index: int, chunks: Sequence[Chunk]) -> None:
    """An upload without a path plans blocks of many files, to learn which must be sent; each file's are judged at its commit."""
    if upload.chunking is not None and upload.size is not None:
        require_plan(upload.chunking, upload.size, first_index, chunks)
