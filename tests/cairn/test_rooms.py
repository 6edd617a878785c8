"""Rooms by themselves: what they refuse to start with, what they never do, and what the one-process server does not serve."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cairn.serve import PORTS, first_admin
from foundation.service_tokens import Room, ServiceTokens
from identity import migrate, open_identity
from tests.servers.cairn_server import QUICK, CairnServer, running_server, wait_until
from tests.servers.warm import run

SECRET = "0123456789abcdef0123456789abcdef"
METADATA, BLOCKS, IDENTITY = (f"CAIRN_{name}=http://127.0.0.1:9" for name in ("METADATA", "BLOCKS", "IDENTITY"))


def serve(data: Path, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    given = os.environ | {"CAIRN_DATA": str(data), "CAIRN_SECRET": SECRET} | (environment or {})
    return run([sys.executable, "-m", "cairn", "serve", *arguments], given, "", timeout=120)


def settings(*lines: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize(
    ("room", "given", "named"),
    [
        ("chunker", [], "CAIRN_METADATA"),
        ("sync", [], "CAIRN_METADATA"),
        ("chunker", [METADATA], "CAIRN_BLOCKS"),
        ("chunker", [METADATA, BLOCKS], "CAIRN_IDENTITY"),
        ("chunker", [METADATA, BLOCKS, IDENTITY, "CAIRN_SECRET=short"], "CAIRN_SECRET"),
        ("chunker", ["CAIRN_METADATA=postgresql://x"], "CAIRN_METADATA"),
        ("chunker", [f"{METADATA},"], "CAIRN_METADATA"),
        ("chunker", ["CAIRN_BLOCKS=http://user:pass@host"], "CAIRN_BLOCKS"),
        ("metadata", ["CAIRN_DATABASE=mysql://host/db"], "CAIRN_DATABASE"),
        ("block-storage", ["CAIRN_STORE=ftp://somewhere"], "CAIRN_STORE"),
        ("kitchen", [], "block-storage"),
    ],
)
def test_a_room_that_could_not_work_so_names_the_setting(
    tmp_path: Path, room: str, given: list[str], named: str
) -> None:
    done = serve(tmp_path / "data", "--only", room, environment=settings(*given))
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_is_required_of_rooms_by_themselves_and_made_by_none(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "CAIRN_SECRET"}
    done = subprocess.run(
        [sys.executable, "-m", "cairn", "serve", "--only", "identity"],
        env=environment | {"CAIRN_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "required when rooms run separately" in done.stderr
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize("arguments", [("--port", "9000"), ("--only", "sync", "--only", "chunker", "--port", "9000")])
def test_a_port_is_of_one_room(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = serve(tmp_path, *arguments)
    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize("room", ["metadata", "identity"])
def test_a_room_by_itself_does_not_migrate_but_names_the_command(tmp_path: Path, room: str) -> None:
    done = serve(tmp_path / "data", "--only", room, environment=settings(IDENTITY))
    assert done.returncode == 3
    assert "cairn migrate" in done.stderr


def test_a_store_that_was_never_made_is_not_made_by_block_storage(tmp_path: Path) -> None:
    done = serve(tmp_path / "data", "--only", "block-storage")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "data").rglob("cairn-store"))


def test_two_identities_that_begin_at_once_make_one_administrator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    location = f"sqlite:///{tmp_path / 'cairn.db'}"
    migrate(location)
    with closing(open_identity(location, SECRET.encode(), "http://127.0.0.1:8080", passwords=QUICK)) as identity:
        saw_nobody = iter([False, False])
        monkeypatch.setattr(identity, "has_users", lambda: next(saw_nobody, True))
        first_admin(identity)
        first_admin(identity)
    assert capsys.readouterr().out.count("An administrator was made") == 1


class RoomsServer(CairnServer):
    """Some rooms in one process, on a data folder that was migrated; `port` is the last one's."""

    def __init__(self, folder: Path, room: Room) -> None:
        super().__init__(folder, CAIRN_SECRET=SECRET, **settings(IDENTITY))
        self.arguments = ("serve", "--only", room.value, "--port", str(self.port))


@pytest.fixture
def block_storage(tmp_path: Path) -> Iterator[RoomsServer]:
    server = RoomsServer(tmp_path, Room.BLOCK_STORAGE)
    server.cairn("migrate")
    server.start()
    yield server
    if server.is_running:
        server.kill()


def test_one_folder_of_blocks_has_one_block_storage(block_storage: RoomsServer, tmp_path: Path) -> None:
    second = RoomsServer(tmp_path, Room.BLOCK_STORAGE)
    done = second.cairn(*second.arguments, check=False)
    assert done.returncode == 3
    assert "open in another process" in done.stderr
    assert f"block-storage {block_storage.url}" in block_storage.output
    assert httpx.get(f"{block_storage.url}/readyz").json() == {"services": {"store": "ok"}}


def test_where_nobody_knows_people_they_are_nobody_to_block_storage(tmp_path: Path) -> None:
    server = RoomsServer(tmp_path, Room.BLOCK_STORAGE)
    del server.environment["CAIRN_IDENTITY"]
    server.cairn("migrate")
    token = server.add_user("ada@example.org")
    server.start()
    try:
        mint = ServiceTokens(SECRET.encode()).mint
        for credential, status in ((token, 401), (mint(Room.IDENTITY), 403), (mint(Room.CHUNKER), 200)):
            headers = {"Authorization": f"Bearer {credential}"}
            assert httpx.get(f"{server.url}/internal/v1/chunks", headers=headers).status_code == status
    finally:
        server.kill()


class HastyBlockStorage(RoomsServer):
    """Its daily chores come at once."""

    def _command(self, *arguments: str) -> list[str]:
        if arguments[:1] != ("serve",):
            return super()._command(*arguments)
        hasty = (
            "import sync.refill; sync.refill.DAY = 0.1; from cairn.serve import Room, serve_rooms;"
            "from cairn.settings import ServerSettings;"
            f"serve_rooms(ServerSettings.read(), [Room.BLOCK_STORAGE], {self.port})"
        )
        return [sys.executable, "-c", hasty]


def test_block_storage_by_itself_mends_the_copies_of_its_store(tmp_path: Path) -> None:
    server = HastyBlockStorage(tmp_path, Room.BLOCK_STORAGE)
    server.environment["CAIRN_STORE"] = f"file://{tmp_path}/a?copies=2&also={tmp_path}/b"
    server.cairn("migrate")
    server.start()
    try:
        headers = {"Authorization": f"Bearer {ServiceTokens(SECRET.encode()).mint(Room.CHUNKER)}"}
        name = f"{hashlib.sha256(b'bytes').hexdigest()}.1-{'0' * 16}"
        url = f"{server.url}/internal/v1/chunks/{name}"
        assert httpx.put(url, content=b"bytes", headers=headers).status_code == 204
        lost = tmp_path / "b" / name[:2] / name
        for _ in range(2):
            assert lost.read_bytes() == b"bytes"
            lost.unlink()
            wait_until(lost.exists)
        assert server.kill(signal.SIGTERM) == 0
    finally:
        if server.is_running:
            server.kill()


def test_block_storage_leaves_the_data_folder_to_the_room_that_has_the_database(
    block_storage: RoomsServer, tmp_path: Path
) -> None:
    metadata = RoomsServer(tmp_path, Room.METADATA)
    metadata.start()
    try:
        third = RoomsServer(tmp_path, Room.METADATA)
        done = third.cairn(*third.arguments, check=False)
        assert done.returncode == 3
        assert "already runs" in done.stderr
    finally:
        metadata.kill()


LIBRARIES = {"alembic", "celery", "minio", "psycopg", "redis", "sqlalchemy"}
# Of other rooms, the modules of which these are a sign.
OTHERS = {"block_storage.seam", "chunker.api", "identity.room", "metadata.model", "sync.summary"}


@pytest.mark.parametrize(
    ("room", "loaded"),
    [
        (Room.CHUNKER, {"chunker.api", "block_storage.seam", "metadata.model"}),
        (Room.BLOCK_STORAGE, {"block_storage.seam"}),
        (Room.METADATA, {"metadata.model", "sqlalchemy"}),
        (Room.IDENTITY, {"identity.room", "sqlalchemy"}),
    ],
)
def test_a_room_by_itself_loads_nothing_of_what_it_has_no_use_for(tmp_path: Path, room: Room, loaded: set[str]) -> None:
    program = (
        "import sys; from contextlib import ExitStack; import cairn.server_verbs, cairn.serve\n"
        "from cairn.compose.rooms import composed; from cairn.neighbours import Neighbours\n"
        "from cairn.settings import ServerSettings; from foundation.service_tokens import Room\n"
        f"room = Room({room.value!r})\n"
        "with ExitStack() as stack:\n"
        "    composed(room, Neighbours(ServerSettings.read(), frozenset({room}), stack))\n"
        "    print(*sys.modules)"
    )
    server = CairnServer(tmp_path, CAIRN_SECRET=SECRET, **settings(METADATA, IDENTITY))
    server.cairn("migrate")
    environment = os.environ | server.environment | (settings(BLOCKS) if room is Room.CHUNKER else {})
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert {*done.stdout.split()} & (LIBRARIES | OTHERS) == loaded


def test_the_one_process_server_has_no_routes_between_rooms_and_takes_no_service_token(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", CAIRN_SECRET=SECRET) as server:
        tokens = ServiceTokens(SECRET.encode())
        for token in (server.token, *(tokens.mint(room) for room in Room)):
            with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as http:
                for path in ("introspect", "catalogue/buckets/list", "chunks", f"chunks/{'0' * 64}.0-0", "meta"):
                    assert http.get(f"/internal/v1/{path}").status_code == 404
                    assert http.post(f"/internal/v1/{path}", json={}).status_code == 404
                if token != server.token:
                    assert http.get("/api/v1/buckets").status_code == 401
                    assert http.post("/api/v1/buckets", json={"name": "mine"}).status_code == 401


def test_all_rooms_in_one_process_share_sqlite_and_the_disk_each_on_its_own_port(tmp_path: Path) -> None:
    host = "127.0.0.77"  # Of this machine, and of nobody else on it.
    server = CairnServer(tmp_path, CAIRN_SECRET=SECRET, CAIRN_HOST=host)
    server.arguments = ("serve", *(part for room in Room for part in ("--only", room.value)))
    server.cairn("migrate")
    server.start()
    try:
        headers = {"Authorization": f"Bearer {server.add_user('ada@example.org')}"}
        with httpx.Client(headers=headers) as http:
            wait_until(lambda: answers(http, host))
            assert http.post(f"http://{host}:8000/api/v1/buckets", json={"name": "studio"}).status_code == 201
            content = f"http://{host}:8002/api/v1/buckets/studio/content/file"
            assert http.put(content, content=b"data").status_code == 201
            assert http.get(content).content == b"data"
            assert http.get(f"http://{host}:8004/api/v1/me").status_code == 200
        assert server.kill(signal.SIGTERM) == 0
    finally:
        if server.is_running:
            server.kill()


def test_sync_by_itself_reaches_an_sqlite_and_a_disk_by_the_services_that_have_them(tmp_path: Path) -> None:
    host = "127.0.0.78"  # Of this machine, and of nobody else on it.
    near = {"CAIRN_METADATA": Room.METADATA, "CAIRN_BLOCKS": Room.BLOCK_STORAGE, "CAIRN_IDENTITY": Room.IDENTITY}
    environment = {"CAIRN_HOST": host} | {name: f"http://{host}:{PORTS[room]}" for name, room in near.items()}
    environment["CAIRN_STORE"] = f"file://{tmp_path}/a?also={tmp_path}/b&least=1"
    owners = CairnServer(tmp_path, CAIRN_SECRET=SECRET, **environment)
    owners.arguments = ("serve", *(part for room in near.values() for part in ("--only", room.value)))
    sync = CairnServer(tmp_path, CAIRN_SECRET=SECRET, **environment)
    sync.arguments = ("serve", "--only", "sync")
    owners.cairn("migrate")
    truth = tmp_path / "a" / "meta" / "installation"
    before = json.loads(truth.read_text())
    owners.start()
    try:
        with httpx.Client() as http:
            wait_until(lambda: answers(http, host, tuple(near.values())))
            sync.start()
            wait_until(lambda: answers(http, host, (Room.SYNC,)))
            assert http.get(f"http://{host}:{PORTS[Room.SYNC]}/readyz").json()["services"]["collection"] == "ok"
            require_health_of_copies(http, host, owners, tmp_path / "b")
        assert json.loads(truth.read_text()) == before | {"generation": before["generation"] + 1}
        assert sync.kill(signal.SIGTERM) == 0
    finally:
        for server in (sync, owners):
            if server.is_running:
                server.kill()


def require_health_of_copies(http: httpx.Client, host: str, owners: CairnServer, copy: Path) -> None:
    """Sync tells of every room that it knows, and of a copy of the store that block storage alone can see."""
    sync = f"http://{host}:{PORTS[Room.SYNC]}"
    named = {"metadata", "block-storage", "identity", "sync", "worker", "database", "store"}
    assert http.get(f"{sync}/readyz/all").json()["services"].keys() == named
    token = owners.add_user("ada@example.org")
    http.headers["Authorization"] = f"Bearer {token}"
    assert '"root_sequence":0' in http.get(f"{sync}/api/v1/events", params={"seconds": 0}).text

    def health() -> dict[str, str]:
        return {one["name"]: one["state"] for one in http.get(f"{sync}/api/v1/sync/summary").json()["health"]}

    assert health().keys() == named | {"copy 1", "copy 2"}
    wait_until(lambda: "down" not in {health()["copy 1"], health()["copy 2"]})
    copy.rename(copy.with_name("away"))
    wait_until(lambda: health()["copy 2"] == "down")
    assert "down" not in {health()["copy 1"], health()["store"], health()["block-storage"]}


def answers(http: httpx.Client, host: str, rooms: tuple[Room, ...] = tuple(PORTS)) -> bool:
    try:
        return all(http.get(f"http://{host}:{PORTS[room]}/readyz").status_code == 200 for room in rooms)
    except httpx.ConnectError:
        return False
