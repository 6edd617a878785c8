"""What a dashboard asks the sync room for: the summary, the rounds of proof, the stream."""

import asyncio
import json

import httpx

from metadata import BlockState, EventStatus
from sync.wire import RoundWire, ScrubWire
from sync.wire_summary import SummaryWire
from tests.metadata.catalogues import chunks
from tests.sync.house import House, is_told


def test_a_round_is_begun_by_administrators_and_amounts_are_told_to_them_alone(house: House) -> None:
    house.desk.put("hut.blend", chunks("a"))
    assert house.problem("POST", "/sync/scrub", json={}) == (403, "forbidden")
    begun = house.ask("POST", "/sync/scrub", house.admin, json={"urgent": True})
    assert (begun.status_code, begun.json()["is_urgent"], begun.json()["total_blocks"]) == (202, True, 1)
    is_told(RoundWire, begun.json())
    assert house.rings.wait(0) == {"scrub"}
    again = house.ask("POST", "/sync/scrub", house.admin)
    assert (again.status_code, again.json()["number"]) == (202, begun.json()["number"])
    for caller, amount in ((house.admin, 1), (house.me, None)):
        told = house.get("/sync/scrub", caller)
        is_told(ScrubWire, told)
        assert (told["round"]["share"], told["round"]["total_blocks"]) == (0.0, amount)


def test_the_summary_tells_what_waits_failed_and_how_everything_is(house: House) -> None:
    for number in range(3):
        house.desk.put(f"f{number}", chunks(f"c{number}"))
    summary = house.get("/sync/summary")
    is_told(SummaryWire, summary)
    assert summary["sentence"]["state"] == "checking"
    assert summary["counts"]["pending"] == summary["queue"]["depth"] == 4
    assert [event["reason"] for event in summary["in_work"]] == [
        "Waiting its turn",
        "Waiting its turn behind one other",
        "Waiting its turn behind 2 others",
        "Waiting its turn behind 3 others",
    ]
    assert summary["queue"]["oldest_age_seconds"] >= 0
    assert [(one["name"], one["state"], one["problem"]) for one in summary["health"]] == [
        ("database", "up", None),
        ("store", "up", None),
        ("copy 1", "up", None),
        ("copy 2", "down", "unavailable"),
    ]


def test_the_summary_names_the_damaged_files_with_their_reasons(house: House) -> None:
    house.desk.put("hut.blend", chunks("a"))
    house.break_blocks(BlockState.DAMAGED, "hut.blend")
    house.work(EventStatus.FAILED, error="parts-damaged", reason="1 part is damaged on all 3 copies.")
    summary = house.get("/sync/summary")
    assert (summary["sentence"]["state"], summary["damaged_blocks"]) == ("needs-you", 1)
    damaged = next(event for event in summary["damaged_files"] if event["file_id"])
    assert (damaged["path"], damaged["reason"]) == ("hut.blend", "1 part is damaged on all 3 copies.")
    assert damaged in summary["failed"]
    assert summary["day"]["failed"] == summary["counts"]["failed"]


def test_the_stream_begins_with_all_sequences_and_tells_proxies_not_to_hold_it(house: House) -> None:
    house.desk.put("hut.blend", chunks("a"))
    answer = house.ask("GET", "/events", params={"seconds": 0})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["x-accel-buffering"], answer.headers["cache-control"]) == ("no", "no-store")
    first = json.loads(answer.text.partition("data: ")[2])
    assert first == {"root_sequence": 1, "buckets": [{"bucket_id": house.desk.id, "sequence": 1}]}


def test_a_hundred_dashboards_cost_the_database_as_one(house: House) -> None:
    house.desk.put("hut.blend", chunks("a"))
    token = house.tokens.token(house.me)

    async def look() -> None:
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cairn/api/v1") as http:
            headers = {"Authorization": f"Bearer {token}"}
            answers = await asyncio.gather(*(http.get("/sync/summary", headers=headers) for _ in range(100)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1

    asyncio.run(look())
    assert house.records.asked.count("figures") == 1
