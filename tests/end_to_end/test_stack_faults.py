"""One of five processes, or what they stand on, dies or hangs in the middle: the others work, nothing acknowledged is lost."""

import hashlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import metadata
from block_storage import BlockStore, open_block_store
from foundation.blocks import BlockName
from foundation.service_tokens import Room
from sync import erase, sweep
from tests.end_to_end.client_of import MIB, make_bucket, open_upload, send, upload
from tests.end_to_end.load import load_on, require_all_there
from tests.servers.cairn_server import wait_until
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import RoomServer, Stack, running_stack

# What a room waits for another, and a little: nobody hangs longer.
BOUND_SECONDS = 60
DICE = random.Random(23)

Fault = tuple[Callable[[RoomServer], object], Callable[[RoomServer], object]]
KILLED: Fault = (lambda room: room.kill(), lambda room: room.start())
FROZEN: Fault = (lambda room: room.freeze(), lambda room: room.thaw())


@pytest.fixture
def house(stack: Stack) -> Iterator[Stack]:
    stack.sign_in()
    with stack.http(stack.token) as api:
        make_bucket(api)
    yield stack
    stack.restore()


def require_503(answer: httpx.Response) -> None:
    assert answer.status_code == 503, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.elapsed.total_seconds() < BOUND_SECONDS


# What goes on without each of the rooms, for somebody whose credential is known already.
GOES_ON = {
    Room.METADATA: ["/me", "/tokens"],
    Room.CHUNKER: ["/me", "/buckets", "/buckets/studio/files"],
    Room.BLOCK_STORAGE: ["/me", "/buckets", "/buckets/studio/files"],
    Room.IDENTITY: ["/buckets", "/buckets/studio/files", "/buckets/studio/content/kept"],
    Room.SYNC: ["/me", "/buckets", "/buckets/studio/files", "/buckets/studio/content/kept"],
}
STOPS = {
    Room.METADATA: ["/buckets", "/buckets/studio/content/kept"],
    Room.CHUNKER: ["/buckets/studio/content/kept"],
    Room.BLOCK_STORAGE: ["/buckets/studio/content/kept"],
    Room.IDENTITY: ["/me"],
    Room.SYNC: [],
}
QUICK = {(Room.METADATA, "killed"), (Room.BLOCK_STORAGE, "killed"), (Room.IDENTITY, "killed")}


@pytest.mark.parametrize(
    ("room", "fault"),
    [
        pytest.param(room, fault, id=f"{room}-{name}", marks=[] if (room, name) in QUICK else [pytest.mark.full])
        for room in STOPS
        for name, fault in {"killed": KILLED, "frozen": FROZEN}.items()
    ],
)
def test_the_others_work_and_an_upload_goes_on_after(house: Stack, room: Room, fault: Fault) -> None:
    breaks, heals = fault
    data = DICE.randbytes(5 * MIB + 3)
    with house.http(house.token) as api:
        upload(api, "kept", b"kept")
        opened = open_upload(api, "coming", data)
        send(api, opened["upload_id"], data, opened["missing"][:2])
        assert api.get("/buckets/studio/content/kept").content == b"kept"
        breaks(house.rooms[room])
        try:
            for path in GOES_ON[room]:
                answer = api.get(path)
                assert answer.status_code == 200, (path, answer.text)
                assert answer.elapsed.total_seconds() < BOUND_SECONDS
            for path in STOPS[room]:
                require_503(api.get(path))
        finally:
            heals(house.rooms[room])
        wait_until(lambda: api.get("/buckets/studio/content/kept").content == b"kept")
        missing = api.get(f"/uploads/{opened['upload_id']}").json()["missing"]
        assert set(missing) == set(opened["missing"][2:])
        send(api, opened["upload_id"], data, missing)
        assert api.post(f"/uploads/{opened['upload_id']}/commit").status_code == 201
        assert api.get("/buckets/studio/content/coming").content == data


@pytest.mark.parametrize("room", [Room.BLOCK_STORAGE, *(pytest.param(one, marks=pytest.mark.full) for one in STOPS)])
def test_what_was_acknowledged_survives_kill_9_of_one_room_under_load(house: Stack, room: Room) -> None:
    with load_on(house) as load:
        load.more_acknowledged(5)
        house.rooms[room].kill()
        house.rooms[room].start()
        load.more_acknowledged(5)
    for status, seconds, answer in load.refused:
        assert (status, seconds < BOUND_SECONDS) == (503, True), answer.text
    require_all_there(house, load.acknowledged)


def test_a_download_is_cut_visibly_when_its_blocks_are_gone_in_the_middle_and_whole_afterwards(house: Stack) -> None:
    data = DICE.randbytes(24 * MIB)
    with house.http(house.token) as api:
        assert api.put("/buckets/studio/content/big", content=data).status_code == 201
        with api.stream("GET", "/buckets/studio/content/big") as answer:
            pieces = answer.iter_raw(65536)
            next(pieces)
            house.rooms[Room.BLOCK_STORAGE].kill()
            with pytest.raises(httpx.RemoteProtocolError):
                list(pieces)
        house.rooms[Room.BLOCK_STORAGE].start()
        whole = api.get("/buckets/studio/content/big").content
        assert hashlib.sha256(whole).digest() == hashlib.sha256(data).digest()


def test_a_failed_metadata_write_leaves_nothing_visible(house: Stack) -> None:
    """MISSION B10: the catalogue is stopped during an upload; what was stored has no name and is swept later."""
    data = DICE.randbytes(3 * MIB)
    with house.http(house.token) as api:
        opened = open_upload(api, "file", data)
        send(api, opened["upload_id"], data, opened["missing"][:1])
        house.rooms[Room.METADATA].kill()
        id = opened["missing"][1]
        require_503(api.put(f"/uploads/{opened['upload_id']}/chunks/{id}", content=data[MIB : 2 * MIB]))
        require_503(api.put("/buckets/studio/content/plain", content=data))
        require_503(api.post(f"/uploads/{opened['upload_id']}/commit"))
        house.rooms[Room.METADATA].start()
        wait_until(lambda: api.get("/buckets").status_code == 200)
        assert api.get("/buckets/studio/files").json()["items"] == []
        assert api.get("/buckets/studio/changes", params={"after": 0}).json()["items"] == []
        state = api.get(f"/uploads/{opened['upload_id']}").json()
        assert set(state["missing"]) == set(opened["missing"][1:])
        assert api.delete(f"/uploads/{opened['upload_id']}").status_code == 204
    with closing(open_block_store(house.environment["CAIRN_STORE"])) as store:
        orphans = copies_of(store, id)
        assert orphans
        swept_and_erased(house, store)
        assert copies_of(store, id) == []


def copies_of(store: BlockStore, id: str) -> list[BlockName]:
    return [name for name in store.list(None, 10_000) if str(name.id) == id]


def swept_and_erased(house: Stack, store: BlockStore) -> None:
    """What the sync room does weekly, and days later: now."""
    at_once = metadata.CatalogueSettings(dead_name_retention=timedelta(0))
    with closing(metadata.open_catalogue(house.environment["CAIRN_DATABASE"], at_once)) as catalogue:
        sweep(catalogue.collection, store, lambda _names: None, lambda: None)
        wait_until(lambda: erase(catalogue.collection, store, lambda: None) > 0)


@pytest.mark.full
def test_who_is_known_goes_on_for_half_a_minute_without_identity_and_who_is_not_waits(house: Stack) -> None:
    stranger = house.add_user(f"late-{DICE.randrange(10**9)}@example.org")
    with house.http(house.token) as api, house.http(stranger) as unknown:
        assert api.get("/buckets").status_code == 200
        known_since = time.monotonic()
        house.rooms[Room.IDENTITY].kill()
        assert api.get("/buckets").status_code == 200
        require_503(unknown.get("/buckets"))
        wait_until(lambda: api.get("/buckets").status_code == 503, 45)
        assert time.monotonic() - known_since < 32
        house.rooms[Room.IDENTITY].start()
        wait_until(lambda: unknown.get("/buckets").status_code == 200)
        assert api.get("/buckets").status_code == 200


def test_sigterm_ends_each_room_cleanly_and_its_long_polls_at_once(house: Stack) -> None:
    with house.http(house.token) as api:
        upload(api, "kept", b"kept")
    for room in house.rooms.values():
        started = time.monotonic()
        assert room.kill(signal.SIGTERM) == 0
        assert time.monotonic() - started < 30
    house.restore()
    with house.http(house.token) as api:
        assert api.get("/buckets/studio/content/kept").content == b"kept"


def test_readiness_names_what_a_room_waits_for(house: Stack) -> None:
    wait_until(lambda: all(room.readiness()[0] == 200 for room in house.rooms.values()))
    house.rooms[Room.BLOCK_STORAGE].kill()
    status, services = house.rooms[Room.CHUNKER].readiness()
    assert (status, services["metadata"], services["identity"]) == (503, "ok", "ok")
    assert services["block-storage"] != "ok"
    assert httpx.get(f"{house.url}/readyz").status_code == 503
    assert httpx.get(f"{house.rooms[Room.CHUNKER].url}/healthz").status_code == 200


def test_the_front_doors_readiness_names_every_service_and_which_is_down(house: Stack) -> None:
    def services() -> dict[str, str]:
        return dict(httpx.get(f"{house.url}/readyz", timeout=30).json()["services"])

    named = {"metadata", "chunker", "block-storage", "identity", "sync", "worker", "database", "store"}
    wait_until(lambda: named <= services().keys() and set(services().values()) == {"ok"})
    assert httpx.get(f"{house.url}/readyz").status_code == 200
    house.rooms[Room.CHUNKER].kill()
    wait_until(lambda: services()["chunker"] == "unavailable")
    assert {state for name, state in services().items() if name != "chunker"} == {"ok"}
    assert httpx.get(f"{house.url}/readyz").status_code == 503
    house.rooms[Room.SYNC].send_signal(signal.SIGSTOP)
    try:
        assert httpx.get(f"{house.url}/readyz", timeout=30).status_code == 503, "whoever asks it is not kept waiting"
    finally:
        house.rooms[Room.SYNC].send_signal(signal.SIGCONT)
    house.rooms[Room.SYNC].kill()
    answer = httpx.get(f"{house.url}/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "sync" in answer.json()["detail"]


@pytest.mark.full
def test_uploads_outlive_a_database_that_restarts(
    own_postgresql: PostgreSQLServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = request.getfixturevalue("seaweedfs").fresh_location()
    settings = {"CAIRN_DATABASE": own_postgresql.fresh_database(), "CAIRN_STORE": store}
    with running_stack(tmp_path / "stack", **settings) as stack:
        with stack.http(stack.token) as api:
            make_bucket(api)
        with load_on(stack) as load:
            load.more_acknowledged(5)
            own_postgresql.stop("immediate")
            load.more_refused(3)
            own_postgresql.start()
            load.more_acknowledged(5)
        assert {status for status, _, _ in load.refused} == {503}
        require_all_there(stack, load.acknowledged)


@pytest.mark.full
def test_uploads_outlive_a_store_that_is_killed(
    own_seaweedfs: SeaweedFSServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = request.getfixturevalue("postgresql").fresh_database()
    settings = {"CAIRN_DATABASE": database, "CAIRN_STORE": own_seaweedfs.address.fresh_location()}
    with running_stack(tmp_path / "stack", **settings) as stack:
        with stack.http(stack.token) as api:
            make_bucket(api)
        with load_on(stack) as load:
            load.more_acknowledged(5)
            own_seaweedfs.stop()
            load.more_refused(3)
            own_seaweedfs.start()
            load.more_acknowledged(5)
        assert {status for status, _, _ in load.refused} == {503}
        require_all_there(stack, load.acknowledged)
