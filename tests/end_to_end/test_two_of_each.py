"""Two processes of each room at once: both work, and when one is killed or restarted under load no client's request fails."""

import re
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from foundation.service_tokens import Room
from tests.end_to_end.client_of import MIB, make_bucket, upload
from tests.end_to_end.patient_load import patient_load_on
from tests.servers.cairn_server import wait_until
from tests.servers.stack import ROOMS, RoomServer, Stack, running_stack

QUICK = (Room.CHUNKER,)


@pytest.fixture
def pairs(two_of_each: Stack) -> Iterator[Stack]:
    two_of_each.sign_in()
    with two_of_each.http(two_of_each.token) as api:
        make_bucket(api)
    yield two_of_each
    two_of_each.restore()


def answered(server: RoomServer) -> int:
    """Requests that it has answered, but for those about itself."""
    found = httpx.get(f"{server.url}/metrics").text
    lines = re.findall(
        r'^cairn_http_requests_total\{.*route="(?!/healthz|/readyz|/metrics).*\} (\S+)$', found, re.MULTILINE
    )
    return sum(int(float(count)) for count in lines)


@pytest.mark.full
def test_both_of_each_room_take_their_share(pairs: Stack) -> None:
    with pairs.http(pairs.token) as api:
        committed = upload(api, "file", bytes(9 * MIB + 1))
        for _ in range(8):
            assert api.get("/buckets/studio/content/file", headers={"Range": "bytes=0-1"}).status_code == 206
            assert api.get("/sync/summary").status_code == 200
            assert api.get("/me").status_code == 200
        assert len(api.get("/buckets/studio/content/file").content) == 9 * MIB + 1
        events = "/sync-events/{file_id}/status".format(**committed)
        wait_until(lambda: api.get(events).json()["sync_status"] == "completed", 60)
    for room in ROOMS:
        assert answered(pairs.rooms[room]) > 0, room
        assert answered(pairs.twins[room]) > 0, room


@pytest.mark.parametrize(
    "room", [*QUICK, *(pytest.param(room, marks=pytest.mark.full) for room in ROOMS if room not in QUICK)]
)
def test_one_of_two_is_killed_under_load_and_no_request_of_a_client_fails(
    pairs: Stack, tmp_path: Path, room: Room
) -> None:
    with patient_load_on(pairs, tmp_path) as load:
        load.more_done(2)
        pairs.rooms[room].kill()
        load.more_done(3)
        pairs.rooms[room].start()
        pairs.twins[room].kill()
        load.more_done(3)
    assert load.failed == []
    pairs.restore()
    load.read_all()


@pytest.mark.full
def test_all_ten_are_restarted_in_turn_under_load_and_no_request_of_a_client_fails(
    pairs: Stack, tmp_path: Path
) -> None:
    with patient_load_on(pairs, tmp_path) as load:
        for server in [*pairs.rooms.values(), *pairs.twins.values()]:
            load.more_done(2)
            assert server.kill(signal.SIGTERM) == 0
            server.start()
        load.more_done(2)
    assert load.failed == []
    load.read_all()


@pytest.mark.full
def test_what_is_taken_back_ends_at_every_process_within_30_seconds_whatever_it_remembers(pairs: Stack) -> None:
    guest = pairs.add_user(f"{secrets.token_hex(6)}@example.org")
    with pairs.http(pairs.token) as api, pairs.http(guest) as guests:
        upload(api, "file", bytes(3 * MIB))
        bucket, member = api.get("/buckets/studio").json()["id"], guests.get("/me").json()["user_id"]
        api.put(f"/buckets/{bucket}/members/{member}", json={"role": "viewer"}).raise_for_status()

        def seen(credential: str, room: Room, path: str) -> set[int]:
            headers = {"Authorization": f"Bearer {credential}", "Range": f"bytes={2 * MIB}-{2 * MIB + 5}"}
            return {
                httpx.get(f"{one.url}/api/v1{path}", headers=headers).status_code
                for one in (pairs.rooms[room], pairs.twins[room])
            }

        content = f"/buckets/{bucket}/content/file"
        for _ in range(2):
            assert seen(guest, Room.CHUNKER, content) == {206}
        api.delete(f"/buckets/{bucket}/members/{member}").raise_for_status()
        assert seen(guest, Room.CHUNKER, content) == {404}, "the lists of chunks that it remembers let nobody in"

        made = api.post("/tokens", json={"name": "for a while", "scopes": ["files", "account"]}).json()
        asked = {Room.CHUNKER: content, Room.METADATA: "/buckets", Room.SYNC: "/sync/summary", Room.IDENTITY: "/me"}
        for room, path in asked.items():
            assert seen(made["token"], room, path) <= {200, 206}, room
        api.delete(f"/tokens/{made['id']}").raise_for_status()
        wait_until(lambda: all(seen(made["token"], room, path) == {401} for room, path in asked.items()), 30)


@pytest.mark.full
def test_a_store_on_disks_has_one_process_and_clients_ride_out_its_restarts(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = {
        "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
        "CAIRN_STORE": f"file://{tmp_path / 'blocks'}",
    }
    with running_stack(tmp_path / "stack", **settings) as stack:
        with stack.http(stack.token) as api:
            make_bucket(api)
        blocks = stack.rooms[Room.BLOCK_STORAGE]
        with patient_load_on(stack, tmp_path) as load:
            load.more_done(2)
            second = stack.cairn("serve", "--only", "block-storage", "--port", "1", check=False)
            assert blocks.kill(signal.SIGTERM) == 0
            blocks.start()
            load.more_done(2)
            blocks.kill()
            blocks.start()
            load.more_done(2)
        assert load.failed == []
        load.read_all()
    assert second.returncode == 3
    assert "open in another process: one folder, one server" in second.stderr
