"""Cairn's command without the second that it takes to load: a process that has loaded it is copied (fork) for each run.

What runs is `cairn.__main__.main` all the same, with arguments, an environment and files of its own, in a process of its own
to kill, freeze and measure. That it starts from nothing too is shown by whatever runs `python -m cairn` itself.

The copies are children of the process that is copied. It ends when the tests' process closes its socket, in whatever way that
ends, and the copies end with it.
"""

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import IO

from cairn.allocator import MALLOC

_COMMAND = (sys.executable, "-m", "cairn")
# Workers make processes of their own, which would begin as what `__main__` is here.
_FROM_NOTHING = frozenset({"worker", "beat"})
_DECIDED_AT_THE_START = ("PYTHON", "LD_", "MALLOC_", "LC_", "LANG", "OPENSSL", "SSL_")
_REQUEST_BYTES = 1 << 17
# Standard input, output and error.
_REQUEST_FILES = 3
_PIPE_BYTES = 1 << 16
# What is loaded only when it is needed, and always is.
_LATE = [
    "anyio._backends._asyncio", "encodings.idna",
    "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite", "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl",
]  # fmt: skip
# A part of what they export is loaded only when it is named.
_ROOMS = ["block_storage", "chunker", "identity", "metadata", "sync"]


class WarmProcess:
    """As much of subprocess.Popen as the servers of the tests need."""

    def __init__(self, control: socket.socket, stdout: IO[bytes] | None) -> None:
        self.stdout = stdout
        self._control = control
        self.pid = int(control.recv(64))

    def send_signal(self, how: int) -> None:
        os.kill(self.pid, how)

    def wait(self, timeout: float | None = None) -> int:
        """The status, once. Raises subprocess.TimeoutExpired."""
        self._control.settimeout(timeout)
        try:
            status = int(self._control.recv(64))
        except TimeoutError:
            raise subprocess.TimeoutExpired("cairn", timeout or 0) from None
        self._control.close()
        return status


def is_warm(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a copy behaves as `command` does. A bench has none: it measures what people wait for, the start too."""
    changed = {name for name in environment.keys() | os.environ.keys() if environment.get(name) != os.environ.get(name)}
    return (
        "PYTEST_CURRENT_TEST" in os.environ
        and tuple(command[:3]) == _COMMAND
        and not _FROM_NOTHING.intersection(command[3:4])
        and not any(name.startswith(_DECIDED_AT_THE_START) for name in changed)
    )


def launched(
    command: Sequence[str], environment: Mapping[str, str], stderr: IO[bytes]
) -> "WarmProcess | subprocess.Popen[bytes]":
    """The process of `command`, whose standard output is read from a pipe."""
    if not is_warm(command, environment):
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=stderr)
    reading, writing = os.pipe()
    with open(os.devnull, "rb") as nothing, open(writing, "wb") as stdout:  # noqa: PTH123
        control = _copy(command[3:], environment, [nothing.fileno(), stdout.fileno(), stderr.fileno()])
    return WarmProcess(control, open(reading, "rb"))  # noqa: PTH123


def run(
    command: Sequence[str], environment: Mapping[str, str], stdin: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """As subprocess.run with text, all of whose output is captured."""
    said = stdin.encode()
    if not is_warm(command, environment) or len(said) > _PIPE_BYTES:
        return subprocess.run(
            command, env=environment, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    with ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        with open(writing, "wb") as pipe:  # noqa: PTH123
            pipe.write(said)
        files = [reading, out.fileno(), err.fileno()]
        process = WarmProcess(_copy(command[3:], environment, files), None)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(command, status, _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return io.TextIOWrapper(io.BytesIO(file.read())).read()


class _Original:
    """The process that is copied, as the tests' process sees it."""

    def __init__(self, **environment: str) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | environment,
            )  # fmt: skip
        atexit.register(self.end)

    def copied(self, arguments: Sequence[str], environment: Mapping[str, str], files: list[int]) -> socket.socket:
        """Where a copy's pid, and then its status, is told."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps([list(arguments), dict(environment), os.getcwd()]).encode()  # noqa: PTH109
        with theirs:
            socket.send_fds(self._requests, [request], [theirs.fileno(), *files])
        return ours

    def end(self) -> None:
        self._requests.close()
        self._process.wait()


_originals: dict[bool, _Original] = {}
_starting = threading.Lock()


def _copy(arguments: Sequence[str], environment: Mapping[str, str], files: list[int]) -> socket.socket:
    """Of one that has loaded with the memory settings of what is to run: else a server would start itself again, from nothing."""
    is_server = arguments[:1] == ["serve"]
    malloc = MALLOC if is_server else {}
    with _starting:
        if is_server not in _originals:
            _originals[is_server] = _Original(**malloc)
    return _originals[is_server].copied(arguments, {**environment, **malloc}, files)


def load() -> None:
    """All that a server or a verb of the command line loads."""
    import cairn

    for found in pkgutil.walk_packages(cairn.__path__, "cairn."):
        importlib.import_module(found.name)
    for name in _LATE:
        importlib.import_module(name)
    for room in map(importlib.import_module, _ROOMS):
        for name in room.__all__:
            getattr(room, name)
    _migrate_once()
    gc.freeze()


def _migrate_once() -> None:
    """Whatever makes a database loads more."""
    import identity
    import metadata

    with tempfile.TemporaryDirectory() as folder:
        location = f"sqlite:///{folder}/cairn.db"
        metadata.migrate(location)
        identity.migrate(location)


def _becoming(request: tuple[list[str], dict[str, str], str], files: Sequence[int]) -> list[str]:
    arguments, environment, folder = request
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    return arguments


if __name__ == "__main__":
    from cairn.nursery import copy_on_request

    load()
    with socket.socket(fileno=int(sys.argv[1])) as _requests:
        _asked = copy_on_request(_requests, _REQUEST_BYTES, _REQUEST_FILES)
    if _asked is not None:
        import cairn.__main__

        sys.argv = [cairn.__main__.__file__, *_becoming(json.loads(_asked[0]), _asked[1])]
        cairn.__main__.main()
