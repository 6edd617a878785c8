"""The foreman of a worker: keeps one process at work, Celery's while the broker answers, else one that looks by itself."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence

from cairn.hands import Hands, Way
from cairn.nursery import Hand, Nursery, NurseryLost
from foundation.problems import Problem
from sync import BrokerUnavailable, RedisBroker

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

    def __init__(self, broker: RedisBroker, hands: Hands) -> None:
        self._broker, self._hands = broker, hands
        self._nursery: Nursery | None = None
        self._stopping = threading.Event()
        self._process: Hand | None = None
        self._way = Way.CELERY
        self._changed_at: float | None = None
        self._started_at = 0.0
        self._thread: threading.Thread | None = None

    def copy_process(self) -> None:
        """Once, before `start` and before any thread: what was made until now is in memory once. Its connections are closed."""
        self._nursery = self._hands.nursery()

    def start(self, tell: Callable[[Sequence[str]], None]) -> None:
        """`tell` is told again and again what each of the hands does."""
        self._thread = threading.Thread(target=self._run, args=(tell,), name="cairn-foreman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the running slices have ended, or were ended."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
        self._close_nursery()
        self._hands.board.close()

    def _run(self, tell: Callable[[Sequence[str]], None]) -> None:
        # The kernel ends a nursery with the thread that started it, which therefore stays.
        while not self._stopping.is_set():
            way = self._wanted()
            if way is not self._way:
                log.warning("the work is now found otherwise", extra={"way": way})
                self._end()
                self._way = way
            self._keep()
            self._report(tell)
            self._stopping.wait(_LOOK_SECONDS)
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
        if self._process and self._process.is_late():
            self._process.give_up()
            self._begin_anew()
            self._process = None
        if self._process is None and time.monotonic() - self._started_at >= _RESTART_SECONDS:
            self._started_at = time.monotonic()
            self._process = self._begun()

    def _begun(self) -> Hand | None:
        self._hands.board.clear()
        try:
            return self._nursery.hand(self._way) if self._nursery else None
        except NurseryLost:
            self._begin_anew()
            return None

    def _begin_anew(self) -> None:
        log.warning("the process that the others are copies of is gone or hangs, and is started anew")
        self._close_nursery()
        self._nursery = self._hands.another_nursery()

    def _close_nursery(self) -> None:
        if self._nursery:
            self._nursery.close()

    def _end(self) -> None:
        if self._process is None:
            return
        self._hands.board.stop()
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(END_SECONDS) is None:
            log.warning("the process that works does not end and is killed", extra={"way": self._way})
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _report(self, tell: Callable[[Sequence[str]], None]) -> None:
        try:
            tell(self._hands.board.doing())
        except Problem as problem:
            log.warning("not told what is done", extra={"problem": problem.slug})
