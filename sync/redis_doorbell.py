"""The doorbell that rings by Redis. Who rings it, a commit for one, never waits for Redis, whatever that does."""

import logging
import threading
from collections.abc import Mapping

from foundation.doorbell import Rings
from sync.chore import Queue
from sync.errors import BrokerUnavailable
from sync.redis_broker import RedisBroker

log = logging.getLogger("cairn.sync")

# Between two messages of one kind, however often it rings; and between two tries while Redis does not answer.
_REST_SECONDS = 0.25
_STOP = ""


class RedisDoorbell:
    """A thread of its own sends; what rings while it is busy or Redis is away becomes one message a kind."""

    def __init__(self, broker: RedisBroker, queues: Mapping[str, Queue]) -> None:
        """`queues`: where each kind of work goes; others are not heard. `broker` is closed with the doorbell."""
        self._broker, self._queues = broker, queues
        self._rung = Rings([*queues, _STOP])
        self._stopping = threading.Event()
        self._is_answered = True
        self._thread = threading.Thread(target=self._run, name="cairn-doorbell", daemon=True)
        self._thread.start()

    def ring(self, work: str) -> None:
        self._rung.ring(work)

    def close(self) -> None:
        """What has not been sent is lost; workers look by themselves."""
        self._stopping.set()
        self._rung.ring(_STOP)
        self._thread.join()
        self._broker.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for work in self._rung.wait(3600) - {_STOP}:
                self._send(work)
            self._stopping.wait(_REST_SECONDS)

    def _send(self, work: str) -> None:
        try:
            self._broker.send(work, self._queues[work])
        except BrokerUnavailable as problem:
            self._told(problem)
            self._rung.ring(work)
        else:
            self._told(None)

    def _told(self, problem: BrokerUnavailable | None) -> None:
        """Once for each change: a commit a millisecond must not fill the log."""
        if self._is_answered and problem:
            log.warning("the broker does not answer; workers look by themselves", extra={"problem": problem.slug})
        elif problem is None and not self._is_answered:
            log.info("the broker answers again")
        self._is_answered = problem is None
