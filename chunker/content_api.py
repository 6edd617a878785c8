"""Routes that change a file as a whole: stream it in, move it to the trash."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from block_storage import StorageFailed, StorageFull
from chunker.answers import FileAnswer, answers, file_document
from chunker.conditions import precondition
from chunker.digests import PromisedDigests
from chunker.errors import DigestMismatch
from chunker.intake import Intake
from chunker.parts import Parts
from chunker.publish import apply
from chunker.stream import StreamedPut
from chunker.wire import instant, media_type
from foundation.http_caller import Caller, CallerRoute
from foundation.http_requests import allow_body
from foundation.http_wire import Json, RawPath
from foundation.identity import Identity
from foundation.openapi import problems
from foundation.problems import (
    BodyIncomplete,
    Forbidden,
    Invalid,
    Malformed,
    PreconditionFailed,
    Unauthenticated,
    UnsupportedMediaType,
)
from metadata import (
    Batch,
    BucketNotFound,
    Commits,
    Delete,
    FileNotFound,
    MakeFolder,
    PathInvalid,
    PathTaken,
    QuotaExceeded,
    Result,
    Target,
)


def content_routes(parts: Parts, intake: Intake) -> APIRouter:
    router = APIRouter(tags=["content"], route_class=CallerRoute)
    commits = parts.catalogue.commits
    streamed = StreamedPut(intake, parts.catalogue.uploads, commits)

    @router.put(
        "/buckets/{bucket}/content/{path:any}",
        summary="Stream one file in",
        responses=answers(
            (200, 201),
            FileAnswer,
            Malformed,
            Unauthenticated,
            Forbidden,
            BucketNotFound,
            PathTaken,
            QuotaExceeded,
            PathInvalid,
            PreconditionFailed,
            UnsupportedMediaType,
            DigestMismatch,
            BodyIncomplete,
            StorageFull,
            StorageFailed,
        ),
        openapi_extra={"requestBody": {"required": False, "content": {"application/octet-stream": {}}}},
    )
    async def put_content(request: Request, bucket: str, path: RawPath, caller: Caller) -> Response:
        _require_plain(request)
        expected = precondition(request.headers)
        if path.endswith("/"):
            result = await _made_folder(commits, caller, bucket, path, request)
        else:
            target = Target(bucket, path, None, _content_type(request), _modified_at(request))
            allow_body(request, None)
            digests = PromisedDigests(request.headers)
            result = await streamed.receive(caller, target, expected, request, digests)
        version = result.version
        return Json(file_document(version), 201 if result.created else 200, {"ETag": f'"{version.etag}"'})

    @router.delete(
        "/buckets/{bucket}/content/{path:any}",
        status_code=204,
        summary="Move a file to the trash",
        responses=problems(
            Malformed, Unauthenticated, Forbidden, BucketNotFound, FileNotFound, PreconditionFailed, PathInvalid
        ),
    )
    async def delete_content(request: Request, bucket: str, path: RawPath, caller: Caller) -> Response:
        delete = Delete(path=path, precondition=precondition(request.headers))
        await apply(commits, caller, Batch(bucket, [delete]))
        return Response(status_code=204)

    return router


async def _made_folder(commits: Commits, caller: Identity, bucket: str, path: str, request: Request) -> Result:
    async for piece in request.stream():
        if piece:
            raise PathInvalid("A path that ends in `/` is a folder, which has no bytes of its own.")
    made = await apply(commits, caller, Batch(bucket, [MakeFolder(path)]))
    return made.only


def _require_plain(request: Request) -> None:
    """Raises where storing the body as it comes would store something else than the file."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the file's own bytes, without Content-Encoding.")
    if "content-range" in request.headers:
        raise Malformed("A part of a file cannot be put; Content-Range is not taken here (RFC 9110, 14.5).")


def _content_type(request: Request) -> str:
    """What the client says of the content; empty, which lets the catalogue guess from the path, where that says nothing."""
    given = request.headers.get("content-type", "").strip()
    if given.lower() == "application/octet-stream":
        return ""
    try:
        return media_type(given)
    except ValueError as error:
        raise _invalid("Content-Type", error) from error


def _modified_at(request: Request) -> datetime | None:
    given = request.headers.get("cairn-modified-at")
    try:
        return instant(given) if given is not None else None
    except ValueError as error:
        raise _invalid("Cairn-Modified-At", error) from error


def _invalid(field: str, error: ValueError) -> Invalid:
    return Invalid(f"{field}: {error}", errors=[{"field": field, "message": str(error)}])
