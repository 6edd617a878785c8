"""The session's shared servers: each started by the first worker that asks, kept by a process that outlives single workers.

Every user holds a shared flock on `users`. The keeper waits for the exclusive one, which the kernel grants when the
last user has ended, however it ended; then it removes the server. The keeper's own end ends the server too.

    <session folder>/<server>/  lock (who may start a keeper), users, address (written when it is ready)
"""

import contextlib
import fcntl
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from tests.servers.postgresql_server import Databases, PostgreSQLServer
from tests.servers.redis_server import Brokers, RedisServer
from tests.servers.seaweedfs_server import Buckets, SeaweedFSServer

PROJECT = Path(__file__).resolve().parents[2]
_Address = TypeVar("_Address", Databases, Buckets, Brokers)


class _Server(Protocol):
    @property
    def address(self) -> Databases | Buckets | Brokers: ...


# Nobody cuts the power of what all share; to be ready for it is most of what a test's small changes cost.
_NO_POWER_CUT = ["fsync=off", "full_page_writes=off"]
_SERVERS: dict[type[Databases] | type[Buckets] | type[Brokers], Callable[[], AbstractContextManager[_Server]]] = {
    Databases: partial(PostgreSQLServer.running, *_NO_POWER_CUT),
    Buckets: SeaweedFSServer.running,
    Brokers: RedisServer.running,
}


@contextlib.contextmanager
def shared_server(kind: type[_Address], session_folder: Path) -> Iterator[_Address]:
    """The address of the one server of its kind in this test session, started if nobody has."""
    folder = session_folder / kind.__name__.lower()
    folder.mkdir(exist_ok=True)
    with (folder / "users").open("a") as users:
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            address = _announced(folder) or _started(folder)
        yield kind(**json.loads(address))


def session_folder(factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder that all workers of this test session share."""
    folder = factory.getbasetemp()
    # Each xdist worker has a folder of its own in the session's.
    return folder.parent if hasattr(request.config, "workerinput") else folder


def _announced(folder: Path) -> str | None:
    """What a running keeper wrote. One that is ending took it back before our `users` lock."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / "address").read_text()
    return None


def _started(folder: Path) -> str:
    # A session of its own: Ctrl-C ends the tests, and their end ends the keeper.
    keeper = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    assert keeper.stdout
    with keeper.stdout as announcement:
        address = announcement.readline()
    if not address:
        keeper.wait()
        raise RuntimeError(f"No server for {folder.name}: see the error above, and run tools/test_servers.sh")
    # The keeper is waited for by nobody: it ends after this process does, and init reaps it.
    keeper.returncode = 0
    return address


def keep(folder: Path) -> None:
    """Run the server until its last user is gone."""
    running = next(running for kind, running in _SERVERS.items() if kind.__name__.lower() == folder.name)
    with running() as server, (folder / "users").open("a") as users:
        address = json.dumps(asdict(server.address))
        (folder / "address").write_text(address)
        print(address, flush=True)  # noqa: T201 — the announcement to the process that started us.
        fcntl.flock(users, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            (folder / "address").unlink()


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
