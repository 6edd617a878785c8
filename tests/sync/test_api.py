"""Events at the sync room's HTTP door: shapes, statuses, bad input."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from foundation.blocks import MIB
from foundation.http_wire import encode_cursor
from metadata import BlockState, Catalogue, EventStatus
from sync.wire import EventsWire, EventWire, FileSyncWire, WantedWire
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.sync.house import House, down, fine, is_told


def test_each_change_is_an_event_that_is_listed_newest_first_and_found_by_its_id(house: House) -> None:
    file = house.desk.put("2026/hut.blend", chunks("a", "b")).version
    listed = house.get("/sync-events")
    is_told(EventsWire, listed)
    assert [event["type"] for event in listed["items"]] == ["file.created", "bucket.created"]
    event = listed["items"][0]
    assert (event["file_id"], event["path"], event["bucket"]) == (
        str(file.file_id),
        "2026/hut.blend",
        house.desk.bucket.title,
    )
    assert (event["status"], event["reason"], event["total_chunks"]) == ("pending", "Waiting its turn", 2)
    one = house.get(f"/sync-events/{event['event_id']}")
    assert one == event
    oldest = house.get("/sync-events", order="oldest")["items"]
    assert [one["event_id"] for one in oldest] == [one["event_id"] for one in reversed(listed["items"])]


def test_filters_combine_and_pages_follow_each_other_without_gaps(house: House) -> None:
    for number in range(7):
        house.desk.put(f"f{number}", chunks(f"c{number}"))
    other = Desk(house.catalogue, me=house.me)
    other.put("elsewhere", chunks("x"))
    of_bucket = {"bucket": house.desk.id, "type": "file.created", "status": "pending"}
    paths, cursor = [], None
    while True:
        page = house.get("/sync-events", limit=3, **of_bucket, **({"cursor": cursor} if cursor else {}))
        paths += [event["path"] for event in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert house.problem("GET", "/sync-events", params={"cursor": cursor}) == (422, "cursor-invalid")
    assert paths == [f"f{number}" for number in reversed(range(7))]
    file = house.desk.at("f3").file_id
    assert [event["path"] for event in house.get("/sync-events", file_id=file)["items"]] == ["f3"]
    assert house.get("/sync-events", status="failed")["items"] == []
    assert house.get("/sync-events", healed=True)["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 1001},
        {"limit": "many"},
        {"status": "done"},
        {"type": "file.eaten"},
        {"file_id": "x"},
        {"order": "sideways"},
        {"healed": "perhaps"},
        {"cursor": "x"},
        {"cursor": "!"},
    ],
    ids=str,
)
def test_a_query_that_breaks_a_rule_is_422(house: House, query: dict[str, Any]) -> None:
    assert house.problem("GET", "/sync-events", params=query)[0] == 422


def test_a_cursor_whose_key_was_made_up_is_422(house: House) -> None:
    scope = (house.me.user, None, "", None, None, False, "newest")
    for key in ("", "x", "2026-01-01T00:00:00Z/x", "\x00", "9" * 400):
        forged = encode_cursor("sync-events", scope, key)
        assert house.problem("GET", "/sync-events", params={"cursor": forged}) == (422, "cursor-invalid")
        wanted = encode_cursor("wanted", (house.me.user,), key)
        assert house.problem("GET", "/sync/wanted", params={"cursor": wanted}) == (422, "cursor-invalid")


def test_bodies_and_ids_that_break_a_rule_are_refused_and_nothing_begins(house: House) -> None:
    refused = [
        house.problem("GET", "/sync-events/x/status"),
        house.problem("POST", "/sync-events/x/retry"),
        house.problem("POST", "/files/x/verify"),
        house.problem("POST", "/sync/scrub", house.admin, json={"urgent": 1}),
        house.problem("POST", "/sync/scrub", house.admin, json={"urgent": True, "pace": 9}),
        house.problem("GET", "/events", params={"seconds": -1}),
        house.problem("GET", "/sync/wanted", params={"limit": 0}),
    ]
    assert {status for status, _slug in refused} == {422}
    assert house.problem("POST", "/sync/scrub", house.admin, content=b"{")[0] in (400, 415)
    assert house.problem("GET", "/sync-events/retry") == (405, "method-not-allowed")
    assert house.problem("GET", "/sync-events/x")[0] == 404
    assert house.problem("POST", "/buckets/never-there/verify") == (404, "bucket-not-found")
    assert house.get("/sync/scrub") == {"round": None, "last_round": None}


def test_the_status_of_a_file_is_its_newest_event(house: House) -> None:
    file = house.desk.put("hut.blend", chunks("a", "b")).version.file_id
    status = house.get(f"/sync-events/{file}/status")
    is_told(FileSyncWire, status)
    assert (status["sync_status"], status["total_chunks"], status["verified_at"]) == ("pending", 2, None)
    assert house.work(EventStatus.COMPLETED, chunks_verified=2)
    status = house.get(f"/sync-events/{file}/status")
    assert (status["sync_status"], status["chunks_verified"]) == ("completed", 2)
    assert status["action"] == "upload_synchronized"
    assert status["verified_at"]


def test_why_something_waits_is_looked_at_when_it_is_asked_for(catalogue: Catalogue, desk: Desk) -> None:
    answers: dict[str, Callable[[], None]] = {"store": down}

    def store() -> None:
        answers["store"]()

    house = House(catalogue, desk, {"store": store})
    file = desk.put("hut.blend", chunks("a")).version.file_id

    def told() -> list[str]:
        (event,) = house.get("/sync-events", file_id=file)["items"]
        one = house.get(f"/sync-events/{event['event_id']}")
        return [event["reason"], one["reason"], house.get(f"/sync-events/{file}/status")["reason"]]

    assert all(reason.startswith("Waiting: the store does not answer since ") for reason in told())
    answers["store"] = fine
    assert told() == ["Waiting its turn"] * 3
    house.work(EventStatus.COMPLETED, chunks_verified=1)
    assert told() == [None] * 3


def test_how_long_a_check_took_counts_from_when_it_was_asked_for(house: House) -> None:
    file = house.desk.put("hut.blend", chunks("a")).version.file_id
    house.work(EventStatus.COMPLETED, chunks_verified=1)
    began = house.catalogue.installation.clock()
    assert house.ask("POST", f"/files/{file}/verify").status_code == 202
    house.work(EventStatus.COMPLETED, chunks_verified=1)
    (event,) = house.get("/sync-events", file_id=file)["items"]
    took = house.get("/sync/summary")["checked_in_seconds"]
    assert 0 < took <= (datetime.fromisoformat(event["updated_at"]) - began).total_seconds()


def test_a_failed_event_is_tried_again_when_it_is_asked_for_and_the_worker_is_rung_for(house: House) -> None:
    house.desk.put("hut.blend", chunks("a"))
    house.work(EventStatus.FAILED, error="parts-missing", reason="1 part is missing from the store.")
    (failed,) = house.get("/sync-events", status="failed", bucket=house.desk.id, type="file.created")["items"]
    assert failed["reason"] == "1 part is missing from the store."
    assert failed["next_step"] == "Upload the same file again to heal it."
    answer = house.ask("POST", f"/sync-events/{failed['event_id']}/retry")
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (200, "pending", 0)
    is_told(EventWire, answer.json())
    assert house.rings.wait(0) == {"verify"}
    again = house.ask("POST", f"/sync-events/{failed['event_id']}/retry")
    assert (again.status_code, again.json()["status"]) == (200, "pending")


def test_all_failed_ones_are_tried_again_at_once_and_their_number_is_told(house: House) -> None:
    for number in range(3):
        house.desk.put(f"f{number}", chunks(f"c{number}"))
    house.work(EventStatus.FAILED, error="worker-lost", reason="x")
    failed = len(house.get("/sync-events", status="failed")["items"])
    assert house.ask("POST", "/sync-events/retry").json() == {"retried": failed}
    assert house.rings.wait(0) == {"verify"}
    assert house.ask("POST", "/sync-events/retry").json() == {"retried": 0}


def test_verify_now_makes_a_file_pending_again_and_a_bucket_says_how_many_files(house: House) -> None:
    file = house.desk.put("hut.blend", chunks("a")).version.file_id
    house.work(EventStatus.COMPLETED, chunks_verified=1)
    for _ in range(2):
        answer = house.ask("POST", f"/files/{file}/verify")
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert len(house.get("/sync-events", file_id=file)["items"]) == 1
    before = house.desk.catalogue.jobs.clock()
    answer = house.ask("POST", f"/buckets/{house.desk.bucket.name}/verify")
    assert (answer.status_code, answer.json()["files"]) == (202, 1)
    after = house.desk.catalogue.jobs.clock()
    assert before <= datetime.fromisoformat(answer.json()["at"]) <= after
    assert house.rings.wait(0) == {"verify", "spread"}


def test_wanted_lists_the_callers_own_broken_blocks_in_pages(house: House) -> None:
    house.desk.put("whole", chunks("w"))
    house.desk.put("broken", chunks("a", "b", "c"))
    house.break_blocks(BlockState.MISSING, "broken")
    assert house.get("/sync/wanted", somebody())["items"] == []
    first = house.get("/sync/wanted", limit=2)
    is_told(WantedWire, first)
    second = house.get("/sync/wanted", limit=2, cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    items = first["items"] + second["items"]
    assert [item["id"] for item in items] == sorted(str(chunk.id) for chunk in chunks("a", "b", "c"))
    assert {(item["state"], item["size"] <= MIB) for item in items} == {("missing", True)}
