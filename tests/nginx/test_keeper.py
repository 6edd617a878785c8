"""`cairn front-door`: rooms that move and certificates that are renewed cut no request, and no death leaves an nginx behind."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cairn.front_door import DoorKeeper, processes_at
from cairn.settings import ServerSettings
from nginx import Address, make_certificate
from tests.nginx.conftest import ROOMS
from tests.nginx.upstream import Upstream
from tests.servers.cairn_server import wait_until
from tests.servers.ports import free_ports
from tests.servers.processes import children, wait_until_gone
from tests.servers.small_disk import SmallDisk, small_disk
from tests.servers.unpacked import search_path


class Keeper:
    """The verb as an own process, before one room that is all four of them."""

    def __init__(self, folder: Path, room: Upstream, **environment: str) -> None:
        self.port, self.secure_port = free_ports(2)
        self.folder = folder / "front-door"
        address = f"http://127.0.0.1:{room.port}"
        self.environment = {
            "PATH": search_path(),
            "CAIRN_DATA": str(folder),
            "CAIRN_SECRET": "ab" * 32,
            "CAIRN_HTTP_PORT": str(self.port),
            "CAIRN_HTTPS_PORT": str(self.secure_port),
            "CAIRN_PLAIN_HTTP": "serve",
            **{f"CAIRN_{name.upper()}": address for name in ROOMS},
            **environment,
        }

    def start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "cairn", "front-door"], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"Cairn is ready: front-door https://127.0.0.1:{self.secure_port} http://127.0.0.1:{self.port}\n"
        return process

    def nginx(self) -> list[int]:
        """The master and its workers."""
        written = self.folder / "nginx.pid"
        # nginx listens before it has written its number down.
        wait_until(lambda: written.exists() and written.read_text())
        master = int(written.read_text())
        wait_until(lambda: children(master))
        return [master, *children(master)]

    def serves(self) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.port}/api/v1/me").status_code == 200


@pytest.fixture
def room() -> Iterator[Upstream]:
    (port,) = free_ports(1)
    with Upstream("metadata", port) as one:
        yield one


@contextmanager
def ending(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    with process:
        try:
            yield process
        finally:
            process.terminate()


def test_sigterm_ends_it_with_nginx_and_status_0(tmp_path: Path, room: Upstream) -> None:
    keeper = Keeper(tmp_path, room)
    with ending(keeper.start()) as process:
        assert keeper.serves()
        nginx = keeper.nginx()
        process.terminate()
        assert process.wait(40) == 0
    wait_until_gone(nginx)


def test_kill_9_leaves_no_nginx_behind_and_the_next_start_serves(tmp_path: Path, room: Upstream) -> None:
    keeper = Keeper(tmp_path, room)
    with keeper.start() as process:
        nginx = keeper.nginx()
        process.kill()
    wait_until_gone(nginx)
    with ending(keeper.start()):
        assert keeper.serves()


def test_a_master_that_is_killed_takes_its_workers_with_it_and_the_next_start_serves(
    tmp_path: Path, room: Upstream
) -> None:
    keeper = Keeper(tmp_path, room)
    with keeper.start() as process:
        master, *workers = keeper.nginx()
        assert workers
        os.kill(master, signal.SIGKILL)
        assert process.wait(40) != 0, "whoever supervises it must know"
    wait_until_gone(workers)
    with ending(keeper.start()):
        assert keeper.serves()


Moved = list[tuple[Address, ...]]


@pytest.fixture
def moved() -> Moved:
    """Where the rooms' name leads to, the last of it now; empty: where it is set to."""
    return []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """What the front door writes lies there, for those who ask for it before `keeper`."""
    (tmp_path / "data").mkdir()
    (mount := tmp_path / "disk").mkdir()
    with small_disk(mount, "16m") as made:
        (tmp_path / "data" / "front-door").symlink_to(made.path)
        yield made


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: Upstream, moved: Moved) -> Iterator[DoorKeeper]:
    """In this process, told to look when the test says so. The certificate is one's own."""
    for name in ("certificate", "key"):
        monkeypatch.setenv(f"CAIRN_TLS_{name.upper()}", str(tmp_path / f"{name}.pem"))
    make_certificate(tmp_path / "certificate.pem", tmp_path / "key.pem", ["localhost"])
    for name, value in Keeper(tmp_path / "data", room).environment.items():
        monkeypatch.setenv(name, value)
    one = DoorKeeper(ServerSettings.read(), lambda address: moved[-1] if moved else processes_at(address))
    one.write()
    one.nginx.start()
    wait_until(one.listens)
    yield one
    one.nginx.end(signal.SIGKILL)


def certificate_of(keeper: DoorKeeper) -> str:
    port = int(keeper.announcement.split()[0].rpartition(":")[2])
    return ssl.get_server_certificate(("127.0.0.1", port))


@contextmanager
def download(keeper: DoorKeeper) -> Iterator[Callable[[], int]]:
    """One that has begun; how many bytes come of it in the end."""
    port = int(keeper.announcement.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            b"GET /api/v1/buckets/b/content/a?bytes=16777216 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        first = connection.recv(1000)

        def rest() -> int:
            received = len(first) - first.index(b"\r\n\r\n") - 4
            while piece := connection.recv(1024 * 1024):
                received += len(piece)
            return received

        yield rest


def test_a_renewed_certificate_is_served_with_and_cuts_no_download(keeper: DoorKeeper, tmp_path: Path) -> None:
    before = certificate_of(keeper)
    with download(keeper) as rest:
        make_certificate(tmp_path / "new.pem", tmp_path / "new-key.pem", ["localhost"])
        (tmp_path / "new-key.pem").replace(tmp_path / "key.pem")
        keeper.look()  # In the middle of a renewal the two do not fit.
        assert certificate_of(keeper) == before
        (tmp_path / "new.pem").replace(tmp_path / "certificate.pem")
        keeper.look()
        wait_until(lambda: certificate_of(keeper) != before)
        assert rest() == 16 * 1024 * 1024
    assert keeper.nginx.is_running


def test_a_room_that_moves_is_found_and_its_old_place_ends_what_it_began(keeper: DoorKeeper, moved: Moved) -> None:
    port = int(keeper.announcement.rpartition(":")[2])

    def name() -> str:
        return str(httpx.get(f"http://127.0.0.1:{port}/api/v1/me").json()["room"])

    (new_port,) = free_ports(1)
    with download(keeper) as rest, Upstream("moved", new_port):
        moved.append((Address("127.0.0.1", new_port),))
        keeper.look()
        wait_until(lambda: name() == "moved")
        assert rest() == 16 * 1024 * 1024
        moved.append(())
        assert not keeper.write(), "a name that leads nowhere for a moment leads where it did"
        assert name() == "moved"


@pytest.mark.full
def test_however_little_room_the_disk_has_nginx_is_told_all_of_what_changed_or_nothing(
    disk: SmallDisk, keeper: DoorKeeper, moved: Moved
) -> None:
    def written() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in keeper.folder.iterdir() if file.name.endswith(".conf")}

    def serves() -> bool:
        return httpx.get(keeper.announcement.split()[1] + "/api/v1/me").status_code == 200

    before, failures = written(), 0
    disk.fill()
    (port,) = free_ports(1)
    moved.append((Address("127.0.0.1", port),))
    ballast = disk.path / "ballast"
    while written() == before:
        assert serves()
        keeper.look()
        failures += written() == before
        os.truncate(ballast, ballast.stat().st_size - 16384)
    assert failures > 1
    assert str(port).encode() in written()["rooms.conf"]
    with Upstream("moved", port):
        wait_until(
            lambda: serves() and httpx.get(keeper.announcement.split()[1] + "/api/v1/me").json()["room"] == "moved"
        )


def test_the_processes_of_a_room_that_are_named_take_turns(tmp_path: Path, room: Upstream) -> None:
    (port,) = free_ports(1)
    with Upstream("another", port):
        keeper = Keeper(tmp_path, room, CAIRN_METADATA=f"http://127.0.0.1:{room.port},http://127.0.0.1:{port}")
        with ending(keeper.start()):
            address = f"http://127.0.0.1:{keeper.port}/api/v1/buckets"
            assert {httpx.get(address).json()["room"] for _ in range(20)} == {"metadata", "another"}


def test_what_nginx_does_not_take_is_told_and_starts_nothing(tmp_path: Path, room: Upstream) -> None:
    (tmp_path / "c.pem").write_text("no certificate")
    bad = str(tmp_path / "c.pem")
    environment = Keeper(tmp_path, room, CAIRN_TLS_CERTIFICATE=bad, CAIRN_TLS_KEY=bad).environment
    done = subprocess.run(
        [sys.executable, "-m", "cairn", "front-door"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode not in {0, 1}
    assert "certificate" in done.stderr
    assert "Traceback" not in done.stderr
