"""The session's PostgreSQL: started by the first worker that asks, kept by a process that outlives single workers.

Every user holds a shared flock on `users`. The keeper waits for the exclusive one, which the kernel grants when the
last user has ended, however it ended; then it removes the server. The keeper's own end ends the server too.

    <session folder>/postgresql/  lock (who may start a keeper), users, port (written when it is ready)
"""

import contextlib
import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers.postgresql_server import Databases, PostgreSQLServer

PROJECT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def shared_server(session_folder: Path) -> Iterator[Databases]:
    """The databases of the one server of this test session, started if nobody has."""
    folder = session_folder / "postgresql"
    folder.mkdir(exist_ok=True)
    with (folder / "users").open("a") as users:
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            databases = _running(folder) or _started(folder)
        yield databases


def _running(folder: Path) -> Databases | None:
    """The server that a keeper has announced. A keeper that is ending took its port back before our `users` lock."""
    with contextlib.suppress(FileNotFoundError):
        return Databases(int((folder / "port").read_text()))
    return None


def _started(folder: Path) -> Databases:
    # A session of its own: Ctrl-C ends the tests, and their end ends the keeper.
    keeper = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    assert keeper.stdout
    with keeper.stdout as announcement:
        port = announcement.readline()
    if not port:
        keeper.wait()
        raise RuntimeError("No PostgreSQL for the tests: see the error above, and run tools/test_servers.sh")
    # The keeper is waited for by nobody: it ends after this process does, and init reaps it.
    keeper.returncode = 0
    return Databases(int(port))


def keep(folder: Path) -> None:
    """Run the server until its last user is gone."""
    with PostgreSQLServer.running() as server, (folder / "users").open("a") as users:
        (folder / "port").write_text(str(server.databases.port))
        print(server.databases.port, flush=True)  # noqa: T201 — the announcement to the process that started us.
        _wait_for_the_last_user(folder, users.fileno())
        server.stop("immediate")


def _wait_for_the_last_user(folder: Path, users: int) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)
    with contextlib.suppress(FileNotFoundError):
        (folder / "port").unlink()


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
