"""The database or the store stops, restarts or hangs in the middle: a clear 503 in bounded time, then all goes on by itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.client_of import MIB, make_bucket, open_upload, send, upload
from tests.end_to_end.load import journal, load_on, require_all_there
from tests.servers.cairn_server import SignedInServer, running_server, wait_until
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.seaweedfs_server import SeaweedFSServer

DATA = bytes(range(256)) * 10_000
# What a request may take while a dependency hangs: the waits for it, and a turn in the line of those that wait.
BOUND_SECONDS = 40


@pytest.fixture
def with_own_database(
    own_postgresql: PostgreSQLServer, tmp_path: Path
) -> Iterator[tuple[SignedInServer, PostgreSQLServer]]:
    with running_server(tmp_path / "server", CAIRN_DATABASE=own_postgresql.fresh_database()) as server:
        with server.http(server.token) as api:
            make_bucket(api)
        yield server, own_postgresql


@pytest.fixture
def with_own_store(own_seaweedfs: SeaweedFSServer, tmp_path: Path) -> Iterator[tuple[SignedInServer, SeaweedFSServer]]:
    with running_server(tmp_path / "server", CAIRN_STORE=own_seaweedfs.address.fresh_location()) as server:
        with server.http(server.token) as api:
            make_bucket(api)
        yield server, own_seaweedfs


def readiness(server: SignedInServer) -> tuple[int, dict[str, str]]:
    answer = httpx.get(f"{server.url}/readyz", timeout=30)
    return answer.status_code, answer.json()["services"]


def require_503(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.elapsed.total_seconds() < BOUND_SECONDS


def is_ready(server: SignedInServer) -> bool:
    return readiness(server)[0] == 200


Fault = Callable[[PostgreSQLServer], None]
FAULTS: dict[str, tuple[Fault, Fault]] = {
    "stopped": (lambda it: it.stop("fast"), lambda it: it.start()),
    "stopped at once": (lambda it: it.stop("immediate"), lambda it: it.start()),
    "killed": (lambda it: it.kill(), lambda it: it.start()),
    "frozen": (lambda it: it.pause(), lambda it: it.resume()),
}


def faults(*quick: str) -> Any:
    """All of them; those that are not `quick` are for the full run."""
    marks = {name: [] if name in quick else [pytest.mark.full] for name in FAULTS}
    cases = [pytest.param(*fault, id=name, marks=marks[name]) for name, fault in FAULTS.items()]
    return pytest.mark.parametrize(("breaks", "heals"), cases)


@faults("stopped")
def test_uploads_outlive_a_database_that(
    with_own_database: tuple[SignedInServer, PostgreSQLServer], breaks: Fault, heals: Fault
) -> None:
    server, database = with_own_database
    with load_on(server) as load:
        load.more_acknowledged(10)
        breaks(database)
        load.more_refused(3)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        status, services = readiness(server)
        assert (status, services["store"]) == (503, "ok")
        assert services["database"] != "ok"
        heals(database)
        load.more_acknowledged(10)
    for _status, seconds, answer in load.refused:
        require_503(answer)
        assert seconds < BOUND_SECONDS
    wait_until(lambda: is_ready(server))
    require_all_there(server, load.acknowledged)


@faults("stopped at once")
def test_a_commit_asked_for_again_and_again_while_the_database_is(
    with_own_database: tuple[SignedInServer, PostgreSQLServer], breaks: Fault, heals: Fault
) -> None:
    server, database = with_own_database
    with server.http(server.token) as api:
        opened = [open_upload(api, f"file-{number}", DATA)["upload_id"] for number in range(8)]
        for one in opened:
            send(api, one, DATA)

    def committed(one: str) -> dict[str, object]:
        with server.http(server.token) as api:
            while (answer := api.post(f"/uploads/{one}/commit")).status_code != 201:
                require_503(answer)
            return dict(answer.json())

    with ThreadPoolExecutor(8) as pool:
        first = [pool.submit(committed, one) for one in opened]
        breaks(database)
        heals(database)
        made = [found.result() for found in first]
    again = [committed(one) for one in opened]
    assert [one["version_id"] for one in again] == [one["version_id"] for one in made]
    with server.http(server.token) as api:
        changes = journal(api)
        assert [change["sequence"] for change in changes] == list(range(1, 9))
        assert {change["version_id"] for change in changes} == {one["version_id"] for one in made}


@pytest.mark.parametrize("fault", ["stopped", pytest.param("frozen", marks=pytest.mark.full)])
def test_uploads_outlive_a_store_that_is(with_own_store: tuple[SignedInServer, SeaweedFSServer], fault: str) -> None:
    server, store = with_own_store
    with load_on(server) as load:
        load.more_acknowledged(10)
        store.stop() if fault == "stopped" else store.freeze()
        try:
            load.more_refused(3)
            assert httpx.get(f"{server.url}/healthz").status_code == 200
            status, services = readiness(server)
            assert (status, services["database"]) == (503, "ok")
            assert services["store"] != "ok"
        finally:
            store.start() if fault == "stopped" else store.thaw()
        load.more_acknowledged(10)
    for _status, seconds, answer in load.refused:
        require_503(answer)
        assert seconds < BOUND_SECONDS
    wait_until(lambda: is_ready(server))
    require_all_there(server, load.acknowledged)


@pytest.mark.parametrize("fault", ["stopped", pytest.param("frozen", marks=pytest.mark.full)])
def test_nothing_is_taken_for_lost_because_the_store_is(
    with_own_store: tuple[SignedInServer, SeaweedFSServer], fault: str
) -> None:
    server, store = with_own_store
    with server.http(server.token) as api:
        file = upload(api, "file", DATA)
        store.stop() if fault == "stopped" else store.freeze()
        try:
            require_503(api.get("/buckets/studio/content/file"))
            require_503(api.get(f"/files/{file['file_id']}/versions/{file['version_id']}/chunks/0"))
            # What the catalogue alone can answer goes on.
            assert api.get("/buckets/studio/files").json()["items"][0]["path"] == "file"
            assert open_upload(api, "second", DATA)["missing"] == []
            assert api.delete("/buckets/studio/content/file").status_code == 204
            assert api.post(f"/files/{file['file_id']}/undelete").status_code == 200
        finally:
            store.start() if fault == "stopped" else store.thaw()
        wait_until(lambda: api.get("/buckets/studio/content/file").content == DATA)
        assert open_upload(api, "third", DATA)["missing"] == []
        assert len(DATA) > 2 * MIB
