"""The session's SeaweedFS: started by the first worker that asks, kept by a process that outlives single workers.

Every user holds a shared flock on `users`. The keeper waits for the exclusive one, which the kernel grants when the
last user has ended, however it ended; then it removes the server. The keeper's own end ends the server too.

    <session folder>/seaweedfs/  lock (who may start a keeper), users, address (written when it is ready)
"""

import contextlib
import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.servers.seaweedfs_server import Buckets, SeaweedFSServer

PROJECT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def shared_server(session_folder: Path) -> Iterator[Buckets]:
    """The buckets of the one server of this test session, started if nobody has."""
    folder = session_folder / "seaweedfs"
    folder.mkdir(exist_ok=True)
    with (folder / "users").open("a") as users:
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            buckets = _running(folder) or _started(folder)
        yield buckets


def _running(folder: Path) -> Buckets | None:
    with contextlib.suppress(FileNotFoundError):
        return Buckets(**json.loads((folder / "address").read_text()))
    return None


def _started(folder: Path) -> Buckets:
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
        raise RuntimeError("No SeaweedFS for the tests: see the error above; `weed` comes with requirements-dev.txt")
    # The keeper is waited for by nobody: it ends after this process does, and init reaps it.
    keeper.returncode = 0
    return Buckets(**json.loads(address))


def keep(folder: Path) -> None:
    """Run the server until its last user is gone."""
    with SeaweedFSServer.running() as server, (folder / "users").open("a") as users:
        address = json.dumps(asdict(server.buckets))
        (folder / "address").write_text(address)
        print(address, flush=True)  # noqa: T201 — the announcement to the process that started us.
        fcntl.flock(users, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            (folder / "address").unlink()


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
