"""Nobody learns at the sync room's door what is another's, nor begins what they may not."""

from dataclasses import replace

from metadata import EventStatus
from sync.wire_summary import SummaryWire
from tests.metadata.catalogues import chunks, somebody
from tests.sync.house import WORKER, House, is_told


def test_which_machine_checked_a_file_is_told_to_administrators_alone(house: House) -> None:
    house.desk.put("f", chunks("a"))
    house.work(EventStatus.FAILED, error="internal", reason="x")
    for caller, name in ((None, None), (house.admin, WORKER)):
        (event,) = house.get("/sync-events", caller, status="failed")["items"]
        (told,) = house.get("/sync/summary", caller)["failed"]
        one = house.get(f"/sync-events/{event['event_id']}", caller)
        assert [event["worker"], told["worker"], one["worker"]] == [name] * 3


def test_users_are_told_names_and_states_of_health_and_administrators_latencies_and_workers(house: House) -> None:
    house.catalogue.proofs.seen(WORKER, "verify")
    mine, all_of_it = house.get("/sync/summary"), house.get("/sync/summary", house.admin)
    is_told(SummaryWire, all_of_it)
    assert mine["workers"] == []
    assert {(one["milliseconds"], one["latencies"]) for one in mine["health"]} == {(None, None)}
    assert [(worker["name"], worker["doing"], worker["is_alive"]) for worker in all_of_it["workers"]] == [
        (WORKER, "verify", True)
    ]
    assert all_of_it["health"][0]["milliseconds"] >= 0
    assert len(all_of_it["health"][0]["latencies"]) >= 1


def test_nobody_sees_anothers_events_and_administrators_see_all(house: House) -> None:
    file = house.desk.put("hut.blend", chunks("a")).version.file_id
    event = house.get("/sync-events", file_id=file)["items"][0]["event_id"]
    eve = somebody()
    assert house.get("/sync-events", eve)["items"] == []
    assert house.get("/sync/summary", eve)["counts"]["pending"] == 0
    for method, url in (
        ("GET", f"/sync-events/{event}"),
        ("GET", f"/sync-events/{file}/status"),
        ("POST", f"/sync-events/{event}/retry"),
        ("POST", f"/files/{file}/verify"),
        ("POST", f"/buckets/{house.desk.id}/verify"),
    ):
        assert house.problem(method, url, eve)[0] == 404
    assert house.problem("GET", "/sync-events", eve, params={"bucket": house.desk.id}) == (404, "bucket-not-found")
    assert house.problem("GET", "/sync-events", eve, params={"file_id": str(file)}) == (404, "file-not-found")
    assert len(house.get("/sync-events", house.admin)["items"]) == 2
    assert house.get("/sync/summary", house.admin)["counts"]["pending"] == 2


def test_a_read_only_credential_reads_and_begins_nothing(house: House) -> None:
    file = house.desk.put("hut.blend", chunks("a")).version.file_id
    event = house.get("/sync-events", file_id=file)["items"][0]["event_id"]
    reader = replace(house.me, scopes=frozenset({"files:read"}))
    for url in (
        "/sync-events",
        f"/sync-events/{event}",
        f"/sync-events/{file}/status",
        "/sync/summary",
        "/sync/wanted",
    ):
        house.get(url, reader)
    for url in (
        f"/sync-events/{event}/retry",
        "/sync-events/retry",
        f"/files/{file}/verify",
        f"/buckets/{house.desk.id}/verify",
        "/sync/scrub",
    ):
        assert house.problem("POST", url, reader) == (403, "forbidden")
    account = replace(house.me, scopes=frozenset({"account"}))
    for url in ("/sync-events", "/sync/summary", "/sync/wanted", "/sync/scrub", "/events?seconds=0"):
        assert house.problem("GET", url, account) == (403, "forbidden")
