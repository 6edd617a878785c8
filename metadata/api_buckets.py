"""Routes of buckets."""

from typing import Annotated

from fastapi import APIRouter, Query

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.problems import CursorInvalid
from metadata.errors import (
    AccountClosing,
    BucketExists,
    BucketNameInvalid,
    BucketNotEmpty,
    BucketNotFound,
    IdempotencyKeyReused,
)
from metadata.once_header import OnceOf
from metadata.parts import Parts
from metadata.wire import answers
from metadata.wire_buckets import (
    BucketChangesWire,
    BucketsWire,
    BucketWire,
    DeletedBucketWire,
    NewBucketWire,
    RestoredBucketWire,
    bucket_document,
)

Deleted = Annotated[bool, Query(description="The caller's deleted ones, until they are gone for good.")]


def bucket_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["buckets"], route_class=StrictRoute)
    buckets = parts.buckets

    @router.get(
        "/buckets",
        summary="The caller's buckets and those shared with them, by name",
        responses=answers(200, BucketsWire, CursorInvalid),
    )
    def list_buckets(
        caller: Caller,
        limit: Annotated[int, limit(100, 1000)] = 100,
        cursor: str | None = None,
        deleted: Deleted = False,
    ) -> Json:
        scope = (caller.user, deleted)
        page = buckets.list(caller, decode_cursor("buckets", scope, cursor), limit, deleted=deleted)
        following = page.next_key and encode_cursor("buckets", scope, page.next_key)
        return Json({"items": [bucket_document(bucket) for bucket in page.items], "next_cursor": following})

    @router.post(
        "/buckets",
        status_code=201,
        summary="Make a bucket",
        responses=answers(201, BucketWire, BucketExists, BucketNameInvalid, AccountClosing, IdempotencyKeyReused),
    )
    def create_bucket(caller: Caller, new: NewBucketWire, once: OnceOf = None) -> Json:
        bucket = buckets.create(caller, new.value(), once)
        return Json(bucket_document(bucket), 201, {"Location": f"/api/v1/buckets/{bucket.id}"})

    @router.get(
        "/buckets/{bucket}",
        summary="One bucket, with its counters; by its id also a deleted one of the caller's own, with what is left of it",
        responses=answers(200, BucketWire, BucketNotFound),
    )
    def get_bucket(caller: Caller, bucket: str) -> Json:
        return Json(bucket_document(buckets.get(caller, bucket, deleted=True)))

    @router.patch(
        "/buckets/{bucket}",
        summary="Change a bucket's title, name, versioning or retention",
        responses=answers(200, BucketWire, BucketNotFound, BucketExists, BucketNameInvalid),
    )
    def change_bucket(caller: Caller, bucket: str, wanted: BucketChangesWire) -> Json:
        return Json(bucket_document(buckets.update(caller, bucket, wanted.value())))

    @router.delete(
        "/buckets/{bucket}",
        status_code=202,
        summary="Put a bucket into the trash; its name is free at once; with `purge=true` it cannot be taken back",
        responses=answers(202, DeletedBucketWire, BucketNotFound, BucketNotEmpty),
    )
    def delete_bucket(caller: Caller, bucket: str, recursive: bool = False, purge: bool = False) -> Json:
        return Json({"restorable_until": buckets.delete(caller, bucket, recursive=recursive, purge=purge)}, 202)

    @router.post(
        "/buckets/{bucket}/restore",
        summary="Take a bucket out of the trash, by its id",
        responses=answers(200, BucketWire, BucketNotFound, BucketExists, BucketNameInvalid, IdempotencyKeyReused),
    )
    def restore_bucket(
        caller: Caller, bucket: str, wanted: RestoredBucketWire | None = None, once: OnceOf = None
    ) -> Json:
        return Json(bucket_document(buckets.restore(caller, bucket, wanted.name if wanted else None, once)))

    return router
