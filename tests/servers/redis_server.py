"""One Redis as a child process, with the faults that tests need: stopped, killed, frozen, emptied, started again with loss."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

from tests.servers.ports import free_ports
from tests.servers.processes import freeze, thaw
from tests.servers.unpacked import UNPACKED, environment_of

if TYPE_CHECKING:  # Every test process loads this file, and few speak to Redis.
    from redis import Redis

_START_SECONDS = 20
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Brokers:
    """Databases of a Redis that listens on 127.0.0.1:`port`."""

    port: int

    def location(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"


def redis_program() -> Path:
    """Debian's, installed or unpacked. Raises RuntimeError if there is none: tests fail, they never skip."""
    found = shutil.which("redis-server", path=os.pathsep.join([os.environ["PATH"], str(UNPACKED / "usr" / "bin")]))
    if found is None:
        raise RuntimeError("No redis-server here: run tools/test_servers.sh")
    return Path(found)


class RedisServer:
    """A server in a folder of its own, as the product wants it: it evicts nothing. What it holds is lost when it is stopped.

    The kernel ends the server when the thread that started it ends, so start it in the main thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = Brokers(free_ports(1)[0])
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Self]:
        with tempfile.TemporaryDirectory(prefix="cairn-redis-", ignore_cleanup_errors=True) as folder:
            server = cls(Path(folder))
            server.start()
            try:
                yield server
            finally:
                server.kill()

    @property
    def location(self) -> str:
        return self.address.location()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """On the same port, empty. Raises RuntimeError with the log's end if it does not answer."""
        program, libc = redis_program(), ctypes.CDLL(None)
        options = ["--port", str(self.address.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        options += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, *options],
                env=environment_of(program), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 — nothing of ours runs in the child but this call.
            )  # fmt: skip
        end = monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or monotonic() > end:
                raise RuntimeError(f"Redis does not start:\n{self.log[-3000:]}")
            sleep(0.02)

    def kill(self) -> None:
        """Everything that it held is lost."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections, takes new ones, and answers nothing."""
        assert self._process
        freeze(self._process.pid)

    def thaw(self) -> None:
        if self._process:
            thaw(self._process.pid)

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def client(self) -> "Redis":
        from redis import Redis

        return Redis.from_url(self.location, socket_timeout=10, socket_connect_timeout=10)

    def _answers(self) -> bool:
        from redis import RedisError

        with self.client() as client, contextlib.suppress(RedisError):
            return bool(client.ping())
        return False
