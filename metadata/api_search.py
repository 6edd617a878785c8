"""Routes of search and statistics."""

from typing import Annotated

from fastapi import APIRouter, Query

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.http_wire import Json, decode_cursor, encode_cursor, limit
from foundation.problems import CursorInvalid
from metadata.bucket_days import MOST_DAYS
from metadata.errors import BucketNotFound
from metadata.parts import Parts
from metadata.search_model import SearchQuery
from metadata.search_terms import MAX_TAGS, MAX_TEXT_LENGTH
from metadata.wire import FoundFilesWire, answers, document_of, file_document
from metadata.wire_checks import with_checks
from metadata.wire_search import GrowthWire, StatisticsWire, StoreStatisticsWire, day_document, statistics_document


def _text(description: str) -> object:
    # NUL: no file's text has one.
    return Query(max_length=MAX_TEXT_LENGTH, pattern=r"^[^\x00]*$", description=description)


Anywhere = Annotated[str, _text("In the path or the description; under three characters: the name begins so.")]
Name = Annotated[str, _text("In the path; under three characters: the name, its last part, begins so.")]
Description = Annotated[str, _text("In the description; under three characters: it begins so.")]
Tags = Annotated[
    list[str], Query(max_length=MAX_TAGS, description="`key` or `key=value`, exactly; several: all of them.")
]


def search_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["search"], route_class=StrictRoute)

    @router.get(
        "/search",
        summary="Files in the caller's buckets, and in those shared with them; all filters must hold, one at least",
        description="Ordered by the bucket's id and by path. Letters are compared without case (NFKC and casefold). A page"
        " may hold fewer items than `limit`, even none, and still have a `next_cursor`: looking on goes on there.",
        responses=answers(200, FoundFilesWire, BucketNotFound, CursorInvalid),
    )
    def search(  # noqa: PLR0913, PLR0917 — a route's query parameters.
        caller: Caller,
        q: Anywhere = "",
        bucket: str = "",
        name: Name = "",
        description: Description = "",
        tag: Tags = [],  # noqa: B006 — FastAPI's way to say: none.
        limit: Annotated[int, limit(100, 1000)] = 100,
        cursor: str | None = None,
    ) -> Json:
        scope = (caller.user, q, bucket, name, description, tuple(tag))
        after = decode_cursor("search", scope, cursor)
        page = parts.search.find(caller, SearchQuery(q, name, description, tag, bucket or None, after, limit))
        following = page.next_key and encode_cursor("search", scope, page.next_key)
        checks = parts.sync_records.open_checks(caller, {one.version_id: one.file_id for one in page.items})
        items = with_checks([file_document(version) for version in page.items], checks)
        return Json({"items": items, "next_cursor": following})

    return router


def statistics_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["statistics"], route_class=StrictRoute)

    @router.get(
        "/stats",
        summary="What the caller's own live buckets hold, or the one bucket asked for",
        responses=answers(200, StatisticsWire, BucketNotFound),
    )
    def statistics(caller: Caller, bucket: str = "") -> Json:
        return Json(statistics_document(parts.statistics.of_caller(caller, bucket or None)))

    @router.get(
        "/stats/growth",
        summary="What the caller's own buckets held day by day, or the one bucket asked for",
        responses=answers(200, GrowthWire, BucketNotFound),
    )
    def growth(
        caller: Caller,
        bucket: str = "",
        days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How many, today included.")] = 90,
    ) -> Json:
        found = parts.statistics.growth(caller, bucket or None, days)
        return Json({"items": [day_document(one) for one in found]})

    @router.get(
        "/stats/store",
        summary="The whole installation's true figures, for administrators",
        responses=answers(200, StoreStatisticsWire),
    )
    def store_statistics(caller: Caller) -> Json:
        return Json(document_of(parts.statistics.of_store(caller), StoreStatisticsWire))

    return router
