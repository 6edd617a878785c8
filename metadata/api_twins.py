"""The route of twins: files whose paths some systems cannot tell apart."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.problems import CursorInvalid
from foundation.wire import Wire
from metadata.errors import BucketNotFound
from metadata.parts import Parts
from metadata.wire import answers


class TwinWire(Wire):
    file_id: UUID
    path: str


class TwinsWire(Wire):
    files: list[TwinWire]


class TwinPageWire(Wire):
    """A page looks at 10,000 paths at most, so it may hold few groups, or none, and still not be the last."""

    items: list[TwinsWire]
    next_cursor: str | None


def twin_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["files"], route_class=StrictRoute)

    @router.get(
        "/buckets/{bucket}/twins",
        summary="Groups of live files whose paths differ only in case or Unicode normal form",
        responses=answers(200, TwinPageWire, BucketNotFound, CursorInvalid),
    )
    def list_twins(
        caller: Caller, bucket: str, limit: Annotated[int, limit(100, 1000)] = 100, cursor: str | None = None
    ) -> Json:
        scope = (caller.user, bucket)
        found = parts.files.twins(caller, bucket, decode_cursor("twins", scope, cursor), limit)
        items = [
            {"files": [{"file_id": one.file_id, "path": one.path} for one in twins.files]} for twins in found.items
        ]
        return Json({"items": items, "next_cursor": found.next_key and encode_cursor("twins", scope, found.next_key)})

    return router
