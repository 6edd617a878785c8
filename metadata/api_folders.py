"""The route that tells what lies below folders."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json
from foundation.wire import Wire
from metadata.errors import BucketNotFound
from metadata.parts import Parts
from metadata.wire import answers, document_of

MAX_PREFIXES = 100
Prefix = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
Prefixes = Annotated[
    list[Prefix],
    Query(alias="prefix", max_length=MAX_PREFIXES, description="As in lists; none, or an empty one: the whole bucket."),
]


class FolderFactsWire(Wire):
    prefix: str
    files: int = Field(description="Live ones at any depth, without the markers of empty folders.")
    logical_bytes: int
    changed_at: datetime | None = Field(description="When the newest of them was put or changed; null: there is none.")
    checking: int = Field(description="Whose newest check waits or goes on.")
    failed: int = Field(description="Whose newest check failed.")
    is_capped: bool = Field(description="There may be more of it all: counting ended at its limit.")


class FoldersWire(Wire):
    items: list[FolderFactsWire] = Field(description="In the order of the prefixes.")


def folder_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["files"], route_class=StrictRoute)

    @router.get(
        "/buckets/{bucket}/folders",
        summary="What lies below up to 100 folders",
        description="Of each prefix 10,000 files are counted at most, and 200,000 of all together; of the whole bucket, all.",
        responses=answers(200, FoldersWire, BucketNotFound),
    )
    def folders(caller: Caller, bucket: str, prefixes: Prefixes = [""]) -> Json:  # noqa: B006 — FastAPI copies it.
        found = parts.files.folders(caller, bucket, prefixes)
        return Json({"items": [document_of(one, FolderFactsWire) for one in found]})

    return router
