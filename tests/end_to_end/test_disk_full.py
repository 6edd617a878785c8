"""A disk that is really full: a small file system in a mount namespace of the server's own."""

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.client_of import MIB, make_bucket
from tests.end_to_end.load import journal
from tests.servers.cairn_server import SignedInServer, running_server, wait_until
from tests.servers.postgresql_programs import find_programs
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.small_disk import SmallDisk, fill, small_disk

DICE = random.Random(17)


class ServerOnSmallDisk(SignedInServer):
    """Its `small` folder is a file system of its own, which only its process sees."""

    def __init__(self, folder: Path, size: str, **environment: str) -> None:
        super().__init__(folder, **environment)
        self.small, self._size = folder / "small", size
        self.small.mkdir(parents=True)

    def _command(self, *arguments: str) -> list[str]:  # type: ignore[override]
        command = super()._command(*arguments)
        if arguments != ("serve",):
            return command
        mount = f'mount -t tmpfs -o size={self._size} tmpfs "$0" && exec "$@"'
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(self.small), *command]

    def inside(self, path: str) -> Path:
        """A path of the server's own view."""
        return Path(f"/proc/{self.pid}/root{path}")

    def fill(self) -> None:
        """Take all the room that is left."""
        fill(self.inside(f"{self.small}/ballast"))

    def free(self) -> None:
        self.inside(f"{self.small}/ballast").unlink()


@contextmanager
def running(server: ServerOnSmallDisk) -> Iterator[ServerOnSmallDisk]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def full_blocks(tmp_path: Path) -> Iterator[ServerOnSmallDisk]:
    small = tmp_path / "server" / "small"
    (tmp_path / "server").mkdir()
    settings = {"CAIRN_STORE": f"file://{small}/blocks", "CAIRN_DEAD_NAME_DAYS": "0"}
    with running(ServerOnSmallDisk(tmp_path / "server", "24m", **settings)) as server:
        server.sign_in()
        yield server


def put(api: httpx.Client, path: str, size: int) -> httpx.Response:
    return api.put(f"/buckets/studio/content/{path}", content=DICE.randbytes(size))


def test_a_full_block_folder_refuses_uploads_and_nothing_else(full_blocks: ServerOnSmallDisk) -> None:
    server, kept = full_blocks, DICE.randbytes(3 * MIB)
    with server.http(server.token) as api:
        make_bucket(api)
        assert api.put("/buckets/studio/content/kept", content=kept).status_code == 201
        gone = put(api, "gone", 4 * MIB).json()["file_id"]
        server.fill()
        before = api.get("/buckets/studio").json()["sequence"]
        refused = put(api, "more", 2 * MIB)
        assert (refused.status_code, refused.json()["type"]) == (507, "urn:cairn:problem:storage-full")
        assert str(server.small) in refused.json()["detail"]
        assert api.get("/buckets/studio").json()["sequence"] == before
        assert api.get("/buckets/studio/content/kept").content == kept
        assert [item["path"] for item in api.get("/buckets/studio/files").json()["items"]] == ["gone", "kept"]
        assert api.delete("/buckets/studio/content/gone").status_code == 204
        assert api.delete(f"/files/{gone}", params={"purge": "true"}).status_code == 200
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        server.free()
        wait_until(lambda: put(api, "more", 2 * MIB).status_code == 201)


def test_a_full_database_disk_refuses_changes_and_loses_none(tmp_path: Path) -> None:
    small = tmp_path / "server" / "small"
    (tmp_path / "server").mkdir()
    server = ServerOnSmallDisk(tmp_path / "server", "12m", CAIRN_DATABASE=f"sqlite:///{small}/cairn.db")
    with running(server):
        server.token = _token(server, _password(server.output))
        with server.http(server.token) as api:
            make_bucket(api)
            done = {f"f{number}": put(api, f"f{number}", 1000).status_code for number in range(20)}
            assert set(done.values()) == {201}
            server.fill()
            answers = [put(api, f"late{number}", 1000) for number in range(100)]
            require_refusals(answers)
            assert "docs/operations.md#a-disk-fills" in server.log.read_text()
            assert api.get("/buckets/studio/content/f0").status_code == 200
            server.free()
            wait_until(lambda: put(api, "after", 1000).status_code == 201)
            paths = {item["path"] for item in api.get("/buckets/studio/files?limit=1000").json()["items"]}
            late = {f"late{number}" for number, answer in enumerate(answers) if answer.status_code == 201}
            assert paths == done.keys() | late | {"after"}
            changes = journal(api)
            assert [change["sequence"] for change in changes] == list(range(1, len(changes) + 1))


def _password(output: str) -> str:
    return output.partition("shown only now:")[2].split()[0]


def _token(server: SignedInServer, password: str) -> str:
    """The database is in the server's own view only, so a token is asked of the server itself."""
    origin = {"Origin": server.url}
    with server.http("") as api:
        login = {"email": "admin@localhost", "password": password}
        assert api.post("/auth/login", json=login, headers=origin).status_code == 200
        return str(api.post("/tokens", json={"name": "tests"}, headers=origin).json()["token"])


def require_refusals(answers: list[httpx.Response]) -> None:
    refused = [answer for answer in answers if answer.status_code != 201]
    assert refused
    for answer in refused:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0


class ConfinedPostgreSQL(PostgreSQLServer):
    """All of it but its log lies on a small disk, which is mounted on its folder."""

    def __init__(self, folder: Path, disk: SmallDisk) -> None:
        super().__init__(find_programs(), folder, None, ())
        self._disk = disk

    def _command(self, program: str, *options: str) -> list[str]:
        return self._disk.inside(*super()._command(program, *options))

    def restore(self) -> None:
        """As whatever watches over it does."""
        if self._process is None or self._process.poll() is not None:
            self.start()


@pytest.mark.full
def test_a_full_disk_of_postgresql_refuses_changes_and_loses_none(tmp_path: Path) -> None:
    # A socket's name has at most 107 bytes, so not below tmp_path.
    with tempfile.TemporaryDirectory() as mount, small_disk(Path(mount), "160m") as disk:
        postgresql = ConfinedPostgreSQL(Path(mount), disk)
        postgresql._initialise()  # noqa: SLF001 — as `running` does, on a disk of ours.
        postgresql.start()
        try:
            with running_server(tmp_path, CAIRN_DATABASE=postgresql.fresh_database()) as server:
                survive_a_full_database(server, postgresql, disk)
        finally:
            postgresql.kill()


def survive_a_full_database(server: SignedInServer, postgresql: ConfinedPostgreSQL, disk: SmallDisk) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
        answers = {f"f{number}": put(api, f"f{number}", 1000) for number in range(10)}
        assert {answer.status_code for answer in answers.values()} == {201}
        disk.fill()
        while sum(answer.status_code != 201 for answer in answers.values()) < 5:
            name = f"late{len(answers)}"
            answers[name] = put(api, name, 1000)
        require_refusals(list(answers.values()))
        disk.free()
        postgresql.restore()
        wait_until(lambda: put(api, "after", 1000).status_code == 201, 60)
        paths = {item["path"] for item in api.get("/buckets/studio/files?limit=1000").json()["items"]}
        acknowledged = {path for path, answer in answers.items() if answer.status_code == 201}
        assert acknowledged <= paths
        changes = journal(api)
        assert [change["sequence"] for change in changes] == list(range(1, len(changes) + 1))


@pytest.mark.full
def test_manifests_wait_for_room_and_are_written_once_there_is(full_blocks: ServerOnSmallDisk) -> None:
    server = full_blocks

    def behind() -> float:
        lines = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("cairn_manifests_behind ")))

    with server.http(server.token) as api:
        make_bucket(api)
        kept = put(api, "kept", 1000).json()["file_id"]
        wait_until(lambda: behind() == 0, 120)
        server.fill()
        # The catalogue lies elsewhere: names change without room for blocks.
        move = {"operations": [{"op": "move", "file_id": kept, "path": "moved"}]}
        assert api.post("/buckets/studio/commits", json=move).status_code == 200
        wait_until(lambda: '"chore":"manifests","problem":"storage-full"' in server.log.read_text(), 60)
        assert behind() == 1
        server.free()
        wait_until(lambda: behind() == 0, 120)


def test_a_log_that_takes_nothing_any_more_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    server = SignedInServer(tmp_path)
    server.log = Path("/dev/full")
    server.start()
    try:
        server.sign_in()
        with server.http(server.token) as api:
            make_bucket(api)
            assert [put(api, f"{number}", 1000).status_code for number in range(30)] == [201] * 30
            assert api.get("/buckets/studio/content/0").status_code == 200
            assert api.get("/nothing").status_code == 404
    finally:
        assert server.kill(15) == 0


def test_the_namespace_is_there_to_be_had() -> None:
    """The other tests of this file need it; where it is missing, this one says so."""
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], env=os.environ, check=False)
    assert done.returncode == 0
