"""The foreman of a worker: keeps one process at work, Celery's while the broker answers, else one that looks by itself."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cairn.hands import Way
from cairn.hands_measures import counted_in
from foundation.problems import Problem
from sync import Board, BrokerUnavailable, Queue, RedisBroker

log = logging.getLogger("cairn.worker")

# The broker is away, or is back, when it was so for so long: who changes over and back does no work meanwhile.
AWAY_SECONDS = 5.0
BACK_SECONDS = 2.0
# Of a process that is told to end: its chores end at their next pause. Less than the 30 seconds that the worker has.
END_SECONDS = 20.0
_LOOK_SECONDS = 0.5
_RESTART_SECONDS = 1.0


class Foreman:
    """A poison job may kill whichever process runs it: never this one, which does no work."""

    def __init__(
        self,
        broker: RedisBroker,
        queues: Sequence[Queue],
        concurrency: int,
        tell: Callable[[Sequence[str]], None],
        counts: Path,
    ) -> None:
        """`tell` is told again and again what each of the `concurrency` hands does. `counts`: the folder in which they count."""
        self._counts = counts
        self._broker, self._queues, self._concurrency, self._tell = broker, queues, concurrency, tell
        self._board = Board.made(concurrency)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._way = Way.CELERY
        self._changed_at: float | None = None
        self._started_at = 0.0
        self._thread = threading.Thread(target=self._run, name="cairn-foreman", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the running slices have ended, or were ended."""
        self._stopping.set()
        self._thread.join()
        self._board.close()

    def _run(self) -> None:
        # The kernel ends the process with this thread, which therefore starts it and stays.
        while not self._stopping.wait(_LOOK_SECONDS):
            way = self._wanted()
            if way is not self._way:
                log.warning("the work is now found otherwise", extra={"way": way})
                self._end()
                self._way = way
            self._keep()
            self._report()
        self._end()

    def _wanted(self) -> Way:
        try:
            self._broker.ready()
            seen = Way.CELERY
        except BrokerUnavailable:
            seen = Way.POLL
        now = time.monotonic()
        if seen is self._way:
            self._changed_at = None
            return seen
        if self._changed_at is None:
            self._changed_at = now
        lasting = AWAY_SECONDS if seen is Way.POLL else BACK_SECONDS
        return seen if now - self._changed_at >= lasting else self._way

    def _keep(self) -> None:
        if self._process and (status := self._process.poll()) is not None:
            advice = "it is started again; if this comes often, its last lines say why, and status -9 means too little memory"
            log.error("the process that works has ended", extra={"way": self._way, "status": status, "advice": advice})
            self._process = None
        if self._process is None and time.monotonic() - self._started_at >= _RESTART_SECONDS:
            self._started_at = time.monotonic()
            self._process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        self._board.clear()
        arguments = [self._way, str(os.getpid()), str(self._board.file), str(self._concurrency), *self._queues]
        return subprocess.Popen(
            [sys.executable, "-m", "cairn.hands", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            pass_fds=[self._board.file],
            env=os.environ | counted_in(self._counts),
        )

    def _end(self) -> None:
        if self._process is None:
            return
        self._board.stop()
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the process that works does not end and is killed", extra={"way": self._way})
            self._process.kill()
            self._process.wait()
        self._process = None

    def _report(self) -> None:
        try:
            self._tell(self._board.doing())
        except Problem as problem:
            log.warning("not told what is done", extra={"problem": problem.slug})
