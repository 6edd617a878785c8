"""The sync room's HTTP door: shapes, statuses, bad input, and nobody learns of what is another's."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from foundation.blocks import MIB
from foundation.doorbell import Rings
from foundation.http_service import create_service
from foundation.http_wire import encode_cursor
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import Unauthenticated, Unavailable
from foundation.settings import ServiceSettings
from metadata import BlockState, Catalogue, EventStatus, LongPoll, Outcome, SyncRecords, Verdict
from sync import Door, HealthBoard, Watcher, routes
from sync.wire import EventsWire, EventWire, FileSyncWire, RoundWire, ScrubWire, WantedWire
from sync.wire_summary import SummaryWire
from tests.metadata.catalogues import Desk, chunks, somebody

LEASE = timedelta(seconds=30)
WORKER = "worker-2"


class Tokens:
    """A verifier of credentials that are known in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Identity] = {}

    def token(self, identity: Identity) -> str:
        token = f"{identity.user}-{'-'.join(sorted(identity.scopes))}"
        self.known[token] = identity
        return token

    def verify(self, credential: str) -> Identity:
        if credential not in self.known:
            raise Unauthenticated
        return self.known[credential]


class Counted:
    """SyncRecords that note what was asked of them."""

    def __init__(self, records: SyncRecords) -> None:
        self._records = records
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._records, name)


@dataclass
class House:
    """The service over a catalogue, in this process, and a worker whose verdicts the tests write."""

    catalogue: Catalogue
    desk: Desk
    checks: Mapping[str, Callable[[], None]]
    rings: Rings = field(default_factory=lambda: Rings(["verify", "scrub", "spread"]))
    tokens: Tokens = field(default_factory=Tokens)
    app: FastAPI = field(init=False)
    records: "Counted" = field(init=False)

    def __post_init__(self) -> None:
        catalogue = self.catalogue
        self.records = Counted(catalogue.sync_records)
        door = Door(
            records=self.records,
            proofs=catalogue.proofs,
            buckets=catalogue.buckets,
            journals=catalogue.journals,
            long_poll=LongPoll(),
            watcher=Watcher(catalogue.sync_records.hints, catalogue.installation.clock),
            health=HealthBoard(self.checks),
            doorbell=self.rings,
            clock=catalogue.installation.clock,
            round_every=timedelta(days=30),
        )
        self.app = create_service("sync", [routes(door)], settings=ServiceSettings(), verifier=self.tokens, ready={})

    @property
    def me(self) -> Identity:
        return self.desk.me

    @property
    def admin(self) -> Identity:
        return Identity(user=new_id(), scopes=frozenset({"files", "admin"}))

    def ask(self, method: str, url: str, caller: Identity | None = None, **request: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            headers = {"Authorization": f"Bearer {self.tokens.token(caller or self.me)}"}
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://cairn/api/v1", headers=headers) as http:
                return await http.request(method, url, **request)

        return asyncio.run(asked())

    def get(self, url: str, caller: Identity | None = None, **query: Any) -> Any:
        answer = self.ask("GET", url, caller, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, method: str, url: str, caller: Identity | None = None, **request: Any) -> tuple[int, str]:
        answer = self.ask(method, url, caller, **request)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["type"].removeprefix("urn:cairn:problem:")

    def work(self, status: EventStatus, **outcome: Any) -> int:
        """A worker claims all there is, and ends so what is of files; how many these are."""
        jobs = [job for job in self.catalogue.jobs.claim(WORKER, 100, LEASE) if job.version_id]
        outcomes = [Outcome(job.event_id, job.attempts, status, **outcome) for job in jobs]
        return self.catalogue.jobs.finish(WORKER, outcomes)

    def break_blocks(self, state: BlockState, path: str) -> None:
        version = self.desk.at(path)
        assert version.content is not None
        chunks = self.catalogue.files.chunks(version.content, 0, 10)
        self.catalogue.jobs.judge([Verdict(chunk.name, state, is_read=True) for chunk in chunks])


def fine() -> None:
    pass


def down() -> None:
    raise Unavailable


@pytest.fixture
def house(catalogue: Catalogue, desk: Desk) -> House:
    return House(catalogue, desk, {"database": catalogue.ready, "store": fine, "copy 1": fine, "copy 2": down})


def is_told(shape: Any, document: Any) -> None:
    """It is what OpenAPI says, field by field."""
    shape.model_validate_json(json.dumps(document))


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
    answer = house.ask("POST", f"/buckets/{house.desk.bucket.name}/verify")
    assert (answer.status_code, answer.json()) == (202, {"files": 1})
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
