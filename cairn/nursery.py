"""Where a worker's hands come from: a process that has loaded all that they need, does no work itself, and is copied for each.

A copy begins at once, where a start takes a second or two of CPU; and what nobody writes to is in memory once for all of them.
"""

import ctypes
import gc
import logging
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from cairn.allocator import give_back
from foundation.telemetry import OUR_FAULT

log = logging.getLogger("cairn.worker")

Work = Callable[[str], int]

_PR_SET_PDEATHSIG = 1
# A nursery begins at once, once it has loaded what it needs, which on a busy machine may take its time.
_BEGIN_SECONDS = 60.0
_KILLED = -int(signal.SIGKILL)
_WAY_BYTES = 64
_STATUS_BYTES = 16


class NurseryLost(Exception):  # noqa: N818 — somebody ended it, which is no error of ours.
    """It is gone."""


class Hand:
    """A process that works, as its foreman sees it. Of one thread."""

    def __init__(self, told: socket.socket) -> None:
        """`told`: first, with its number, its pidfd, which never means another process; then its status, then nothing."""
        self._told = told
        self._asked_at = time.monotonic()
        self._file: int | None = None
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None as long as it lives."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> int | None:
        """As `poll`, after at most so long."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._status is None and select.select([self._told], [], [], _left(end))[0]:
            self._hear()
        return self._status

    @property
    def has_begun(self) -> bool:
        return self.poll() is not None or self._file is not None

    def is_late(self) -> bool:
        """Whether it should have begun long ago."""
        return not self.has_begun and time.monotonic() - self._asked_at > _BEGIN_SECONDS

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is not None:
            return
        if self._file is None:
            self.give_up()
        else:
            signal.pidfd_send_signal(self._file, how)

    def give_up(self) -> None:
        """Of one that has not begun: it is killed when it does."""
        self._ended(_KILLED)

    def _hear(self) -> None:
        # A nursery that was killed takes its hands with it, and tells nothing more.
        said, files, *_ = socket.recv_fds(self._told, _STATUS_BYTES, 1)
        if files:
            self._file = files[0]
        else:
            self._ended(int(said or _KILLED))

    def _ended(self, status: int) -> None:
        self._status = status
        self._told.close()
        if self._file is not None:
            os.close(self._file)


def _left(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())


class Nursery:
    """As the foreman sees it. It ends with the thread that made it, and its hands with it."""

    def __init__(self, requests: socket.socket, kill: Callable[[], object]) -> None:
        self._requests, self._kill = requests, kill

    @classmethod
    def forked(cls, work: Work) -> "Nursery":
        """A copy of this process, which has one thread and nothing open that two cannot share. `work`: what a hand does, by the word
        that it was begun with; the exit status.
        """
        ours, theirs = _channel()
        parent = os.getpid()
        gc.collect()
        give_back()
        # The search for cycles writes to every object that it looks at, and what is written to is no longer shared.
        gc.freeze()
        pid = os.fork()
        if not pid:
            ours.close()
            _end_with(lambda: tend(theirs, parent, work))
        theirs.close()
        return cls(ours, lambda: _kill(pid))

    @classmethod
    def started(cls, command: Sequence[str], files: Sequence[int], environment: Mapping[str, str]) -> "Nursery":
        """A program that inherits `files` and calls `tend` with the socket whose number comes behind its arguments."""
        ours, theirs = _channel()
        with theirs:
            inherited = [*files, theirs.fileno()]
            process = subprocess.Popen([*command, str(theirs.fileno())], pass_fds=inherited, env=environment)
        return cls(ours, lambda: _end(process))

    def hand(self, way: str) -> Hand:
        """A new process that works, soon. Raises NurseryLost."""
        ours, theirs = _channel()
        with theirs:
            try:
                socket.send_fds(self._requests, [way.encode()], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise NurseryLost from error
        return Hand(ours)

    def close(self) -> None:
        """Whatever works ends at once."""
        self._requests.close()
        self._kill()


def tend(requests: socket.socket, parent: int, work: Work) -> int:
    """Be a nursery until nobody asks any more; in a copy: work. The exit status."""
    die_with(parent)
    asked = copy_on_request(requests, _WAY_BYTES)
    return work(asked[0].decode()) if asked else 0


def copy_on_request(requests: socket.socket, most_bytes: int, most_files: int = 0) -> tuple[bytes, list[int]] | None:
    """In a copy, which ends with this process: the request, and the files that came with it. In this process: None, once nobody
    asks any more. A request's first file is a socket: there a copy's number and pidfd are told, then its status.
    """
    original = os.getpid()
    begun: dict[int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd in begun:
                    selector.unregister(key.fd)
                    _tell_the_end(key.fd, *begun.pop(key.fd))
                    continue
                request, received, *_ = socket.recv_fds(requests, most_bytes, 1 + most_files)
                if not request:
                    return None
                told_on, *files = received
                if not (pid := os.fork()):
                    die_with(original)
                    for one in (requests.detach(), told_on, *begun, *(told.detach() for _, told in begun.values())):
                        os.close(one)
                    return request, files
                file, told = os.pidfd_open(pid), socket.socket(fileno=told_on)
                begun[file] = pid, told
                selector.register(file, selectors.EVENT_READ)
                _tell_the_begin(file, pid, told)
                for one in files:
                    os.close(one)


def die_with(parent: int) -> None:
    """The kernel kills this process when `parent` ends, or the thread of it that began this one (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _channel() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _tell_the_begin(file: int, pid: int, told: socket.socket) -> None:
    try:
        socket.send_fds(told, [str(pid).encode()], [file])
    except OSError:
        # Whoever asked waits no longer, and has asked another.
        signal.pidfd_send_signal(file, signal.SIGKILL)


def _tell_the_end(file: int, pid: int, told: socket.socket) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(file)
    with told:
        try:
            told.send(str(status).encode())
        except OSError:
            log.info("nobody waits for a process that has ended", extra={"status": status})


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _end_with(run: Callable[[], int]) -> NoReturn:
    """A copy must not go back into what its original was doing, nor end what that has open."""
    status = 1
    try:
        status = run()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        log.exception("a process that works has failed", extra={"advice": OUR_FAULT})
    finally:
        os._exit(status)
