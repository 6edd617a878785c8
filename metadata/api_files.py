"""Routes of files: lists, records, renaming, deleting, history."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit, parse_etags
from foundation.identity import Identity
from foundation.problems import CursorInvalid, Invalid, PreconditionFailed
from metadata.batch import Batch, Delete, Once, Operation, Restore, Result
from metadata.errors import (
    BucketNotFound,
    EventNotFound,
    FileNotFound,
    IdempotencyKeyReused,
    PathInvalid,
    PathTaken,
    QuotaExceeded,
    VersionConflict,
    VersionNotFound,
)
from metadata.model import FileVersion, ListQuery, Page, Precondition
from metadata.once_header import OnceOf
from metadata.parts import Parts
from metadata.rows import entry_from
from metadata.sync_model import FileSync
from metadata.wire import (
    ChunksWire,
    EmptiedWire,
    EntriesWire,
    FileChangesWire,
    FileRecordWire,
    FilesWire,
    PurgedWire,
    RestoreWire,
    ResultWire,
    UndeleteWire,
    answers,
    chunk_document,
    emptied_document,
    file_document,
    purged_document,
    result_document,
)
from metadata.wire_checks import check_document, with_checks

IfMatch = Annotated[str | None, Header(description="Only if the current version's entity tag is one of these.")]
Only = Annotated[
    list[UUID] | None,
    Query(alias="file_id", max_length=100, description="Only these files, where they are in the trash; none: all."),
]
_MAX_TEXT = 4096  # of a prefix or delimiter
_NO_NUL = r"^[^\x00]*$"  # No path has one, and PostgreSQL takes no text that has.


def listing_routes(parts: Parts) -> APIRouter:
    """Files of a bucket."""
    router = APIRouter(tags=["files"], route_class=StrictRoute)

    @router.get(
        "/buckets/{bucket}/files",
        summary="Files by path, bytewise, with common prefixes",
        responses=answers(200, EntriesWire, BucketNotFound, CursorInvalid),
    )
    def list_files(  # noqa: PLR0913, PLR0917 — a route's query parameters.
        caller: Caller,
        bucket: str,
        prefix: Annotated[str, Query(max_length=_MAX_TEXT, pattern=_NO_NUL)] = "",
        delimiter: Annotated[str, Query(max_length=_MAX_TEXT, pattern=_NO_NUL)] = "",
        limit: Annotated[int, limit(100, 10_000)] = 100,
        cursor: str | None = None,
        include: Annotated[str, Query(pattern="^(deleted)?$", description="`deleted`: the trash too.")] = "",
    ) -> Json:
        scope = (caller.user, bucket, prefix, delimiter, include)
        after = decode_cursor("files", scope, cursor)
        query = ListQuery(prefix, delimiter, after, limit, include_deleted=include == "deleted")
        found = parts.listings.entries(caller, bucket, query)
        items = with_checks([entry_from(row) for row in found.rows], found.checks)
        following = found.next_key and encode_cursor("files", scope, found.next_key)
        return Json({"items": items, "prefixes": found.prefixes, "next_cursor": following})

    @router.get(
        "/buckets/{bucket}/trash",
        summary="Deleted files that can be taken back, by path",
        description="`size` and `num_chunks` are of the version that comes back.",
        responses=answers(200, FilesWire, BucketNotFound, CursorInvalid),
    )
    def list_trash(
        caller: Caller, bucket: str, limit: Annotated[int, limit(100, 1000)] = 100, cursor: str | None = None
    ) -> Json:
        scope = (caller.user, bucket)
        return _page(parts.files.trash(caller, bucket, decode_cursor("trash", scope, cursor), limit), "trash", scope)

    @router.delete(
        "/buckets/{bucket}/trash",
        summary="Empty the trash, or take some files out of it, for good, with all their versions",
        description="A large one takes several requests, each of some seconds: `is_more` tells.",
        responses=answers(200, EmptiedWire, BucketNotFound),
    )
    def empty_trash(
        caller: Caller,
        bucket: str,
        until: Annotated[AwareDatetime | None, Query(description="Only what was deleted up to then.")] = None,
        only: Only = None,
    ) -> Json:
        return Json(emptied_document(parts.buckets.empty_trash(caller, bucket, until, only)))

    return router


def file_routes(parts: Parts) -> APIRouter:
    """One file, by its id."""
    router = APIRouter(tags=["files"], route_class=StrictRoute)
    files = parts.files

    @router.get("/files/{file_id}", summary="A file's record", responses=answers(200, FileRecordWire, FileNotFound))
    def get_file(caller: Caller, file_id: UUID) -> Json:
        version = files.get(caller, file_id)
        document = file_document(version) | check_document(_sync(parts, caller, file_id))
        return Json(document, headers={"ETag": f'"{version.etag}"'} if version.etag else None)

    @router.patch(
        "/files/{file_id}",
        summary="Rename, move or describe a file; it keeps its id unless it goes to another bucket",
        responses=answers(
            200,
            ResultWire,
            FileNotFound,
            BucketNotFound,
            PathTaken,
            QuotaExceeded,
            PathInvalid,
            PreconditionFailed,
            VersionConflict,
            IdempotencyKeyReused,
        ),
    )
    def change_file(
        caller: Caller, file_id: UUID, wanted: FileChangesWire, if_match: IfMatch = None, once: OnceOf = None
    ) -> Json:
        file = files.get(caller, file_id)
        operations = wanted.operations(file, Precondition(if_match=parse_etags(if_match)))
        made = parts.commits.apply(caller, Batch(str(file.bucket_id), operations, once=once)).results
        results = [result for result in made if isinstance(result, Result)]
        sequences = [result.sequence for result in results if result.sequence is not None]
        return Json(result_document(replace(results[-1], sequence=sequences[-1] if sequences else None)))

    @router.delete(
        "/files/{file_id}",
        status_code=204,
        response_class=Response,
        summary="Delete a file, into the trash; with `purge=true` for good, with all its versions",
        responses=answers(204, None, FileNotFound, PreconditionFailed, VersionConflict)
        | {200: {"model": PurgedWire, "description": "It was purged; what went."}},
    )
    def delete_file(caller: Caller, file_id: UUID, if_match: IfMatch = None, purge: bool = False) -> Response:
        precondition = Precondition(if_match=parse_etags(if_match))
        if purge:
            return Json(purged_document(files.purge(caller, file_id, None, precondition)))
        _apply(parts, caller, file_id, Delete(file_id, precondition=precondition))
        return Response(status_code=204)

    @router.get(
        "/files/{file_id}/chunks",
        summary="The chunks of the current version, or of the one asked for, in order",
        responses=answers(200, ChunksWire, FileNotFound, VersionNotFound, CursorInvalid),
    )
    def list_chunks(
        caller: Caller,
        file_id: UUID,
        version: UUID | None = None,
        limit: Annotated[int, limit(100, 1000)] = 100,
        cursor: str | None = None,
        include: Annotated[str, Query(pattern="^(sharing)?$", description="`sharing`: `other_files` too.")] = "",
    ) -> Json:
        wanted = files.get(caller, file_id, version)
        scope = (caller.user, file_id, wanted.version_id)
        first = _index(decode_cursor("chunks", scope, cursor))
        found = files.chunks(wanted.content, first, limit + 1) if wanted.content else ()
        following = encode_cursor("chunks", scope, str(first + limit)) if len(found) > limit else None
        items = [chunk_document(chunk, wanted) for chunk in found[:limit]]
        if include and items:
            numbers = files.sharing(caller, file_id, [chunk.id for chunk in found[:limit]])
            items = [item | {"other_files": number} for item, number in zip(items, numbers, strict=True)]
        return Json({"items": items, "next_cursor": following})

    return router


def history_routes(parts: Parts) -> APIRouter:
    """Versions: the list, taking one back, removing one for good."""
    router = APIRouter(tags=["versions"], route_class=StrictRoute)
    files = parts.files

    @router.get(
        "/files/{file_id}/versions",
        summary="A file's versions, newest first, delete markers included",
        responses=answers(200, FilesWire, FileNotFound, CursorInvalid),
    )
    def list_versions(
        caller: Caller, file_id: UUID, limit: Annotated[int, limit(100, 1000)] = 100, cursor: str | None = None
    ) -> Json:
        scope = (caller.user, file_id)
        after = decode_cursor("versions", scope, cursor)
        return _page(files.versions(caller, file_id, after, limit), "versions", scope)

    @router.post(
        "/files/{file_id}/undelete",
        summary="Take a file out of the trash",
        responses=answers(
            200, ResultWire, FileNotFound, VersionNotFound, PathTaken, QuotaExceeded, PathInvalid, IdempotencyKeyReused
        ),
    )
    def undelete(caller: Caller, file_id: UUID, wanted: UndeleteWire | None = None, once: OnceOf = None) -> Json:
        to = wanted.path if wanted else None
        return Json(result_document(_apply(parts, caller, file_id, Restore(file_id, to=to), once)))

    @router.post(
        "/files/{file_id}/restore",
        summary="Make an old version the current one again, as a new version",
        responses=answers(
            200, ResultWire, FileNotFound, VersionNotFound, PathTaken, QuotaExceeded, IdempotencyKeyReused
        ),
    )
    def restore(caller: Caller, file_id: UUID, wanted: RestoreWire, once: OnceOf = None) -> Json:
        return Json(result_document(_apply(parts, caller, file_id, Restore(file_id, wanted.version_id), once)))

    @router.delete(
        "/files/{file_id}/versions/{version_id}",
        summary="Remove a version for good",
        responses=answers(200, PurgedWire, FileNotFound, VersionNotFound, Invalid),
    )
    def purge_version(caller: Caller, file_id: UUID, version_id: UUID) -> Json:
        return Json(purged_document(files.purge(caller, file_id, version_id)))

    return router


def _sync(parts: Parts, caller: Identity, file_id: UUID) -> FileSync | None:
    try:
        return parts.sync_records.file_status(caller, file_id)
    except EventNotFound:
        return None


def _apply(parts: Parts, caller: Identity, file_id: UUID, operation: Operation, once: Once | None = None) -> Result:
    """One operation on a file, which its bucket's row decides anew: the file was only looked up here."""
    bucket = parts.files.get(caller, file_id).bucket_id
    return parts.commits.apply(caller, Batch(str(bucket), [operation], once=once)).only


def _page(page: Page[FileVersion], route: str, scope: Any) -> Json:
    following = page.next_key and encode_cursor(route, scope, page.next_key)
    return Json({"items": [file_document(version) for version in page.items], "next_cursor": following})


def _index(key: str | None) -> int:
    if key is None:
        return 0
    if not key.isdecimal() or len(key) > 9:
        raise CursorInvalid
    return int(key)
