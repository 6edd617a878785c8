"""Search and statistics over HTTP: shapes, statuses, bad input."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from metadata.wire import FoundFilesWire
from metadata.wire_search import StatisticsWire, StoreStatisticsWire
from tests.metadata.readers import house, somebody
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]


def found(door: Door, query: str, **request: Any) -> list[str]:
    answer = door.ask("GET", f"/search?{query}", **request)
    assert answer.status_code == 200, answer.text
    return [item.path for item in FoundFilesWire.model_validate(answer.json()).items]


def test_search_answers_files_page_by_page(door: Door) -> None:
    bucket = door.house.bucket().id
    door.house.plant(bucket, ["a/plan 1", "b/plan 2", "c/plan 3", "other"], deleted=["b/plan 2"])
    assert found(door, "q=PLAN") == ["a/plan 1", "c/plan 3"]
    assert found(door, f"name=plan&tag=colour&tag=colour=red&bucket={bucket}") == ["a/plan 1", "c/plan 3"]
    assert found(door, "q=plan&tag=colour=blue") == []
    page = door.ask("GET", "/search?q=plan&limit=1").json()
    assert [item["path"] for item in page["items"]] == ["a/plan 1"]
    assert page["items"][0]["bucket_id"] == str(bucket)
    rest = door.ask("GET", f"/search?q=plan&limit=1&cursor={page['next_cursor']}").json()
    assert [item["path"] for item in rest["items"]] == ["c/plan 3"]
    assert rest["next_cursor"] is None


def test_a_cursor_fits_its_own_search_and_caller_only(door: Door) -> None:
    door.house.plant(door.house.bucket().id, ["plan 1", "plan 2"])
    cursor = door.ask("GET", "/search?q=plan&limit=1").json()["next_cursor"]
    for query in ("q=plans", "name=plan", "q=plan&tag=colour"):
        assert door.problem("GET", f"/search?{query}&cursor={cursor}") == (422, "cursor-invalid")
    assert door.problem("GET", f"/search?q=plan&cursor={cursor}", caller=somebody()) == (422, "cursor-invalid")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        "q=&tag=",
        "q=%00",
        "tag=a%00",
        "q=" + "x" * 10_240,
        "q=x&limit=0",
        "q=x&limit=1001",
        "tag=a" + "&tag=a" * 10,
    ],
    ids=["none", "empty", "both empty", "NUL", "NUL in a tag", "10 KB", "limit 0", "limit 1001", "11 tags"],
)
def test_bad_searches_are_refused(door: Door, query: str) -> None:
    assert door.problem("GET", f"/search?{query}") == (422, "invalid")


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", '"', "'", "*", "a AND b", "NEAR(", "-", "')--", "\ufffe", "\U0001f600" * 200]
)
def test_whatever_is_searched_for_is_text(door: Door, text: str) -> None:
    door.house.plant(door.house.bucket().id, ["plan"])
    assert found(door, f"q={quote(text)}") == found(door, f"tag={quote(text)}") == []
    assert found(door, "q=%ED%A0%80%ff") == []


def test_anothers_bucket_is_as_one_that_is_not_there(door: Door) -> None:
    bucket = door.house.bucket().id
    door.house.plant(bucket, ["plan"])
    stranger = somebody()
    for path in ("/search?q=plan&bucket=", "/stats?bucket="):
        answers = [
            door.ask("GET", f"{path}{ref}", caller=stranger) for ref in (bucket, "mine", "no-such", "%00", "x" * 300)
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert found(door, "q=plan", caller=stranger) == []


def test_statistics_have_their_shape(door: Door) -> None:
    bucket = door.house.bucket().id
    door.house.put(bucket, "a", "b")
    for path in ("/stats", f"/stats?bucket={bucket}"):
        found = StatisticsWire.model_validate(door.ask("GET", path).json())
        assert (found.num_buckets, found.files, found.versions, found.stored_bytes) == (1, 2, 2, 0)
        assert (found.saved_bytes, found.dedup_ratio) == (0, 1.0)
        assert [one.id for one in found.buckets] == [one.id for one in found.top] == [bucket]


def test_the_stores_figures_are_for_administrators(door: Door) -> None:
    assert door.problem("GET", "/stats/store") == (403, "forbidden")
    admin = replace(door.house.me, scopes=frozenset({"admin"}))
    assert StoreStatisticsWire.model_validate(door.ask("GET", "/stats/store", caller=admin).json()).blocks == 0
