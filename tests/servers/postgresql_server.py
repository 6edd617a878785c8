"""One PostgreSQL server as a child process, with the faults that tests need: stopped, killed, frozen, started again."""

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import psycopg

from tests.servers.postgresql_programs import Programs, find_programs
from tests.servers.processes import children, freeze, thaw, wait_until_gone

START_SECONDS = 60
STOP_SECONDS = 30
SUPERUSER = "postgres"


@dataclass(frozen=True)
class Databases:
    """Databases of a server that listens on 127.0.0.1:`port` and trusts everybody there."""

    port: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def fresh_database(self, template: str | None = None) -> str:
        """The URL of a new, empty database ordered bytewise; with `template`, the URL of a copy of that database."""
        name = f"test_{uuid.uuid4().hex}"
        made_from = (
            f"TEMPLATE {template.rpartition('/')[2]}"
            if template
            else "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
        self._execute(f"CREATE DATABASE {name} {made_from}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop what `fresh_database` made; whoever is still connected is cut off."""
        self._execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with connect(self.port) as connection:
            connection.execute(statement)  # type: ignore[call-overload,unused-ignore]


def connect(port: int) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1", port=port, user=SUPERUSER, dbname="postgres", connect_timeout=10, autocommit=True
    )


class PostgreSQLServer:
    """A server on a folder of its own. Durability is PostgreSQL's default: fsync and synchronous_commit are on.

    The kernel ends the server (SIGQUIT) when the thread that started it ends, so start it in the main thread.
    """

    def __init__(
        self, programs: Programs, folder: Path, account: pwd.struct_passwd | None, settings: Sequence[str]
    ) -> None:
        self._programs = programs
        self._folder = folder
        self._account = account
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.address = Databases(_free_port())

    @classmethod
    @contextlib.contextmanager
    def running(cls, *settings: str) -> Iterator[Self]:
        """A new, empty, running server; stopped and removed at the end, whatever happened to it meanwhile. `settings`: `fsync=off`."""
        account = unprivileged_account()
        with tempfile.TemporaryDirectory(prefix="cairn-postgresql-") as folder:
            if account:
                os.chown(folder, account.pw_uid, account.pw_gid)
            server = cls(find_programs(), Path(folder), account, settings)
            server._initialise()
            try:
                server.start()
                yield server
            finally:
                server.kill()

    @property
    def data_folder(self) -> Path:
        return self._folder / "data"

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def fresh_database(self, template: str | None = None) -> str:
        return self.address.fresh_database(template)

    def start(self) -> None:
        """Start on the same port and wait until it answers. Raises RuntimeError with the log's end if it does not."""
        options = [
            *("-D", str(self.data_folder), "-p", str(self.address.port), "-k", str(self._folder)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
            *(option for setting in self._settings for option in ("-c", setting)),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("postgres", *options), env=self._programs.environment, stdout=log, stderr=log, cwd="/"
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log[-4000:]}")
            time.sleep(0.02)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop and wait: `fast` cuts connections off and checkpoints, `immediate` leaves recovery to the next start."""
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        self._process.wait(STOP_SECONDS)
        self._process = None

    def kill(self) -> None:
        """SIGKILL every process of the server, as a power cut would, and wait until they are gone."""
        if self._process is None:
            return
        processes = self._freeze()
        for process in reversed(processes):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        self._process = None
        wait_until_gone(processes)

    def pause(self) -> None:
        """Freeze every process: connections stay open and nothing answers, as on a hanging machine."""
        self._freeze()

    def resume(self) -> None:
        if self._process is None:
            return
        for process in [self._process.pid, *children(self._process.pid)]:
            thaw(process)

    def _freeze(self) -> list[int]:
        """The server's processes, its first one first. That one is frozen before its children are read: no new ones."""
        if self._process is None or self._process.poll() is not None:
            return []
        freeze(self._process.pid)
        processes = [self._process.pid, *children(self._process.pid)]
        for process in processes:
            freeze(process)
        return processes

    def _initialise(self) -> None:
        options = ["-D", str(self.data_folder), "-U", SUPERUSER, "-A", "trust", "--no-sync", "--no-instructions"]
        made = subprocess.run(
            self._command("initdb", *options, "--encoding=UTF8", "--locale=C.UTF-8"),
            env=self._programs.environment, capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _command(self, program: str, *options: str) -> list[str]:
        """PostgreSQL refuses to run as root: drop to an account without rights. Die with the parent in any case."""
        become = ["setpriv", "--pdeathsig", "QUIT"]
        if self._account:
            become += ["--reuid", str(self._account.pw_uid), "--regid", str(self._account.pw_gid), "--clear-groups"]
        return [*become, str(self._programs.folder / program), *options]

    def _answers(self) -> bool:
        try:
            connect(self.address.port).close()
        except psycopg.OperationalError:
            return False
        return True


def unprivileged_account() -> pwd.struct_passwd | None:
    """Whom to run the server as: None is whoever we are."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _free_port() -> int:
    """A port below those that the kernel hands out, so that nobody gets it while the server is stopped."""
    for port in random.SystemRandom().sample(range(15_000, 30_000), 100):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No free port between 15000 and 30000")
