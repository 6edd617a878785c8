"""The database or the store is put back from yesterday: noticed without anybody asking, nothing erased, and taken up again by adopting."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation.service_tokens import Room
from tests.end_to_end.client_of import block_files, make_bucket, upload
from tests.servers.cairn_server import SignedInServer, running_server, wait_until
from tests.servers.postgresql_server import Databases
from tests.servers.seaweedfs_server import Buckets
from tests.servers.stack import running_stack

OLD, NEW, GONE = b"of yesterday " * 1000, b"of today " * 1000, b"purged today " * 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SignedInServer]:
    """Erases at once what is dead."""
    with running_server(tmp_path / "server", CAIRN_DEAD_NAME_DAYS="0") as running:
        with running.http(running.token) as api:
            make_bucket(api)
        yield running


def collection(server: SignedInServer) -> str:
    answer = httpx.get(f"{server.url}/readyz", timeout=30)
    assert answer.status_code == 200  # Nobody is turned away for it.
    return str(answer.json()["services"]["collection"])


def copied(server: SignedInServer, names: str, to: Path) -> Path:
    """A copy of the files of the data folder that are called so; the server is stopped."""
    to.mkdir()
    for path in server.data.glob(names):
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, to / path.name)
    return to


def put_back(server: SignedInServer, names: str, copy: Path) -> None:
    for path in server.data.glob(names):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in copy.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, server.data / path.name)


def stopped(server: SignedInServer) -> Callable[[], None]:
    assert server.kill(15) == 0
    return server.start


def doctor(server: SignedInServer, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = server.cairn("doctor", "--json", *arguments, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def content(api: httpx.Client, path: str) -> httpx.Response:
    return api.get(f"/buckets/studio/content/{path}")


def of_today(server: SignedInServer, gone: str) -> None:
    with server.http(server.token) as api:
        upload(api, "new", NEW)
        assert api.delete(f"/files/{gone}", params={"purge": "true"}).is_success


def test_a_database_put_back_from_yesterday(server: SignedInServer, tmp_path: Path) -> None:
    with server.http(server.token) as api:
        upload(api, "old", OLD)
        gone = upload(api, "gone", GONE)["file_id"]
        assert collection(server) == "ok"
        start = stopped(server)
        copy = copied(server, "cairn.db*", tmp_path / "copy")
        start()
        of_today(server, gone)
        start = stopped(server)
        put_back(server, "cairn.db*", copy)
        before = block_files(server.data)
        start()
        assert collection(server) == "database-behind-store"
        assert "older than the store" in server.log.read_text()
        assert content(api, "old").content == OLD
        assert content(api, "new").status_code == 404
        # The doctor looks beside the server, and changes nothing.
        status, report = doctor(server)
        assert (status, report["server_is_running"]) == (1, True)
        assert (report["audit"]["unregistered"], report["audit"]["missing"]) == (1, 0)
        assert "collection" not in report
        refused = server.cairn("doctor", "--adopt", "--yes", check=False)
        assert refused.returncode == 1
        assert "Stop it first" in refused.stderr
        # A client that had come further lists anew.
        assert api.get("/buckets/studio/changes?after=4").status_code == 410
        assert block_files(server.data) == before

        start = stopped(server)
        asked = server.cairn("doctor", "--adopt", check=False, stdin="n\n")
        assert asked.returncode != 0
        assert "are NOT erased now" in asked.stderr
        start()
        assert collection(server) == "database-behind-store"

        start = stopped(server)
        status, report = doctor(server, "--adopt", "--yes")
        assert status == 0
        start()
        assert collection(server) == "ok"
        start = stopped(server)
        # What only the lost database knew is left for the sweeper.
        assert [finding["check"] for finding in doctor(server)[1]["findings"]] == ["blocks"]
        start()
        # Upload numbers of the lost future are not given out again.
        upload(api, "new", NEW)
        writers = [int(path.name.split(".")[1].split("-")[0]) for path in block_files(server.data)]
        assert len(set(writers)) == len(writers) == 4
        assert content(api, "new").content == NEW
        assert content(api, "old").content == OLD


@pytest.mark.full
def test_a_postgresql_put_back_from_yesterday_before_an_s3_store(
    postgresql: Databases, seaweedfs: Buckets, tmp_path: Path
) -> None:
    settings = {"CAIRN_DATABASE": postgresql.fresh_database(), "CAIRN_STORE": seaweedfs.fresh_location()}
    with (
        running_server(tmp_path / "server", CAIRN_DEAD_NAME_DAYS="0", **settings) as server,
        server.http(server.token) as api,
    ):
        make_bucket(api)
        upload(api, "old", OLD)
        start = stopped(server)
        yesterday = postgresql.fresh_database(template=settings["CAIRN_DATABASE"])
        start()
        upload(api, "new", NEW)
        start = stopped(server)
        server.environment["CAIRN_DATABASE"] = yesterday
        start()
        assert collection(server) == "database-behind-store"
        assert content(api, "old").content == OLD
        start = stopped(server)
        status, report = doctor(server)
        assert (status, report["audit"]["unregistered"], report["audit"]["missing"]) == (1, 1, 0)
        assert doctor(server, "--adopt", "--yes")[0] == 0
        start()
        assert collection(server) == "ok"
        # The newer database is now the foreign life: it is not taken back without a word.
        start = stopped(server)
        server.environment["CAIRN_DATABASE"] = settings["CAIRN_DATABASE"]
        start()
        assert collection(server) == "database-behind-store"
        assert content(api, "new").content == NEW


@pytest.mark.full
def test_sync_by_itself_notices_a_database_put_back_from_yesterday(
    postgresql: Databases, seaweedfs: Buckets, tmp_path: Path
) -> None:
    settings = {"CAIRN_DATABASE": postgresql.fresh_database(), "CAIRN_STORE": seaweedfs.fresh_location()}
    with running_stack(tmp_path / "stack", CAIRN_DEAD_NAME_DAYS="0", **settings) as stack:
        stack.sign_in()
        with stack.http(stack.token) as api:
            make_bucket(api)
            upload(api, "old", OLD)
        # Where sync was there before block storage, its first look is that of the first chore, half a minute later.
        wait_until(lambda: stack.rooms[Room.SYNC].readiness()[1]["collection"] == "ok", 90)
        assert stack.kill(15) == 0
        yesterday = postgresql.fresh_database(template=settings["CAIRN_DATABASE"])
        stack.start()
        with stack.http(stack.token) as api:
            upload(api, "new", NEW)
        assert stack.kill(15) == 0
        for room in stack.rooms.values():
            room.environment["CAIRN_DATABASE"] = yesterday
        stack.start()
        wait_until(lambda: stack.rooms[Room.SYNC].readiness()[1]["collection"] == "database-behind-store", 90)
        assert stack.rooms[Room.SYNC].readiness()[0] == 200  # Nobody is turned away for it.
        with stack.http(stack.token) as api:
            assert content(api, "old").content == OLD


@pytest.mark.full
def test_a_store_put_back_from_yesterday(server: SignedInServer, tmp_path: Path) -> None:
    with server.http(server.token) as api:
        upload(api, "old", OLD)
        gone = upload(api, "gone", GONE)["file_id"]
        start = stopped(server)
        copy = copied(server, "blocks", tmp_path / "copy")
        start()
        of_today(server, gone)
        start = stopped(server)
        put_back(server, "blocks", copy)
        start()
        assert collection(server) == "store-behind-database"
        assert content(api, "old").content == OLD
        start = stopped(server)
        status, report = doctor(server)
        assert (status, report["audit"]["missing"]) == (1, 1)
        assert doctor(server, "--adopt", "--yes")[0] == 0
        start()
        assert collection(server) == "ok"
        assert content(api, "new").status_code >= 500
        # Whoever still has the bytes heals it.
        upload(api, "new again", NEW)
        assert content(api, "new").content == NEW
        start = stopped(server)
        assert doctor(server)[1]["audit"]["missing"] == 0
        start()


def test_a_sound_installation_has_no_findings_and_the_doctor_makes_nothing(
    server: SignedInServer, tmp_path: Path
) -> None:
    with server.http(server.token) as api:
        upload(api, "old", OLD)
    stopped(server)
    for deep in ([], ["--deep"]):
        status, report = doctor(server, *deep)
        assert (status, report["findings"]) == (0, [])
        assert report["audit"]["present"] == 1
    nothing = server.cairn("doctor", check=False, CAIRN_DATA=str(tmp_path / "nowhere"))
    assert nothing.returncode == 5
    assert not (tmp_path / "nowhere").exists()


def test_a_flipped_bit_is_found_by_a_deep_look_only(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        upload(api, "old", OLD)
    stopped(server)
    (block,) = block_files(server.data)
    block.write_bytes(bytes([block.read_bytes()[0] ^ 1]) + block.read_bytes()[1:])
    assert doctor(server)[0] == 0
    status, report = doctor(server, "--deep")
    assert (status, report["audit"]["damaged"]) == (1, 1)
    assert report["audit"]["examples"]["damaged"] == [block.name]


@pytest.mark.full
@pytest.mark.parametrize("lost", ["a", pytest.param("b", marks=pytest.mark.full)])
def test_a_lost_disk_is_replaced_by_an_empty_folder_and_filled(tmp_path: Path, lost: str) -> None:
    place = {"CAIRN_STORE": f"file://{tmp_path}/a?copies=3&also={tmp_path}/b&also={tmp_path}/c"}
    with running_server(tmp_path / "server", **place) as server, server.http(server.token) as api:
        make_bucket(api)
        upload(api, "old", OLD)
        start = stopped(server)
        shutil.rmtree(tmp_path / lost)
        (tmp_path / lost).mkdir()
        start()
        assert content(api, "old").content == OLD
        assert not list((tmp_path / lost).iterdir())  # It may be a disk that is not mounted.
        start = stopped(server)
        status, report = doctor(server)
        assert (status, report["audit"]["degraded"]) == (1, 1)
        status, report = doctor(server, "--refill", str(tmp_path / lost), "--yes")
        assert report["copies_written"] == 1
        assert doctor(server)[0] == 0
        start()
        assert collection(server) == "ok"
        upload(api, "new", NEW)
        stopped(server)
        listing = [sorted(path.name for path in (tmp_path / copy).glob("??/*")) for copy in "abc"]
        assert listing[0] == listing[1] == listing[2]
        assert len(listing[0]) == 2
        sums = [
            subprocess.run(["sha256sum", *(tmp_path / copy).glob("??/*")], capture_output=True, check=True)
            for copy in "abc"
        ]
        assert len({b" ".join(sorted(line[:64] for line in one.stdout.splitlines())) for one in sums}) == 1


@pytest.mark.full
def test_nothing_but_an_empty_folder_of_the_store_is_made_a_copy(tmp_path: Path) -> None:
    place = {"CAIRN_STORE": f"file://{tmp_path}/a?copies=2&also={tmp_path}/b"}
    with running_server(tmp_path / "server", **place) as server:
        stopped(server)
        shutil.rmtree(tmp_path / "b")
        for folder, said in (("b", "is no folder"), ("c", "none of the store's folders"), ("a", "already")):
            refused = server.cairn("doctor", "--refill", str(tmp_path / folder), "--yes", check=False)
            assert refused.returncode == 2, refused.stderr
            assert said in refused.stderr.replace("\n", " ").replace("│ ", "")
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "thesis.txt").write_text("mine")
        refused = server.cairn("doctor", "--refill", str(tmp_path / "b"), "--yes", check=False)
        assert refused.returncode == 3
        assert "not empty" in refused.stderr
        assert [path.name for path in (tmp_path / "b").iterdir()] == ["thesis.txt"]
