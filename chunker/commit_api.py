"""The route of batch commits."""

from dataclasses import replace

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from chunker.answers import CommitsAnswer, answers, batch_document
from chunker.batch_wire import CommitsWire, require_operation_sizes
from chunker.bodies import JsonBodies, request_body
from chunker.errors import ChunkSize
from chunker.open_uploads import OpenUploads
from chunker.parts import Parts
from chunker.publish import apply
from foundation.http_caller import Caller, CallerRoute
from foundation.http_wire import Json
from foundation.problems import (
    BodyTooSlow,
    Busy,
    Forbidden,
    Invalid,
    Malformed,
    OutcomeUnknown,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from metadata import (
    BlocksMissing,
    BucketNotFound,
    FileNotFound,
    GroupNotFound,
    IdempotencyKeyReused,
    OnceKey,
    PathInvalid,
    PathTaken,
    QuotaExceeded,
    TooMany,
    UploadEnded,
    UploadNotFound,
    VersionConflict,
    VersionNotFound,
)

_EXAMPLE_ID = "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a"
_EXAMPLE_COMMITS = {
    "upload_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "operations": [
        {"op": "put", "path": "a.txt", "chunks": [{"id": _EXAMPLE_ID, "size": 12}], "base_version": None},
        {"op": "move", "path": "b.txt", "to": "letters/b.txt"},
        {"op": "delete", "path": "c.txt"},
        {"op": "describe", "path": "d.txt", "tags": {"project": "cairn"}},
        {"op": "move_prefix", "prefix": "drafts", "to": "2026/drafts"},
    ],
}


def commit_routes(parts: Parts, open_uploads: OpenUploads, bodies: JsonBodies) -> APIRouter:
    router = APIRouter(tags=["commits"], route_class=CallerRoute)
    commits, buckets = parts.catalogue.commits, parts.catalogue.buckets

    @router.post(
        "/buckets/{bucket}/commits",
        summary="Up to 1,000 operations, all or nothing",
        responses=answers(
            (200,),
            CommitsAnswer,
            Malformed,
            Unauthenticated,
            Forbidden,
            BodyTooSlow,
            TooLarge,
            UnsupportedMediaType,
            Invalid,
            BucketNotFound,
            FileNotFound,
            GroupNotFound,
            VersionNotFound,
            UploadNotFound,
            BlocksMissing,
            VersionConflict,
            PathTaken,
            UploadEnded,
            PathInvalid,
            TooMany,
            ChunkSize,
            QuotaExceeded,
            IdempotencyKeyReused,
            OutcomeUnknown,
            Busy,
        ),
        openapi_extra=request_body(CommitsWire, _EXAMPLE_COMMITS),
    )
    async def commit_batch(request: Request, bucket: str, caller: Caller, _key: OnceKey = None) -> Response:
        wire, once = await bodies.read_once(request, CommitsWire)
        batch = replace(wire.batch(bucket), once=once)
        require_operation_sizes((await run_sync(buckets.get, caller, bucket)).chunking, batch)
        result = await apply(commits, caller, batch)
        if batch.upload is not None:
            open_uploads.forget(batch.upload)
        return Json(batch_document(result))

    return router
