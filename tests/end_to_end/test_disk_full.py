"""A disk that is really full: a small file system in a mount namespace of the server's own."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.client_of import MIB, make_bucket
from tests.end_to_end.load import journal
from tests.servers.cairn_server import SignedInServer, wait_until

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
        with self.inside(f"{self.small}/ballast").open("ab", buffering=0) as ballast:
            for piece in (MIB, 4096, 1):
                while True:
                    try:
                        ballast.write(b"\0" * piece)
                    except OSError:
                        break

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
            refused = [answer for answer in answers if answer.status_code != 201]
            assert refused
            for answer in refused:
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
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


def test_the_namespace_is_there_to_be_had() -> None:
    """The other tests of this file need it; where it is missing, this one says so."""
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], env=os.environ, check=False)
    assert done.returncode == 0
