"""The beat: it rings for each chore when it is due. When that is, Redis remembers: a beat that is restarted hourly sweeps weekly."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from sync.chore import Task
from sync.errors import BrokerUnavailable
from sync.redis_broker import RedisBroker

log = logging.getLogger("cairn.sync")

_LOOK_SECONDS = 1.0
# As the threads of a server do: a long interval begins with its wait.
_FIRST_WAIT_SECONDS = 3600.0


class Beat:
    """Any number may run: what two of them ring for at the same moment is one message, or two that do what one does."""

    def __init__(self, broker: RedisBroker, tasks: Sequence[Task], clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since 1970."""
        self._broker, self._tasks, self._clock = broker, tasks, clock
        self._stopping = threading.Event()
        self._is_answered = True
        self._thread = threading.Thread(target=self._run, name="cairn-beat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def look(self) -> None:
        """Ring for what is due now. Raises BrokerUnavailable; what was not rung for then stays due."""
        now = self._clock()
        noted = self._broker.next_times([task.name for task in self._tasks])
        for task in self._tasks:
            due = noted.get(task.name)
            # Later than one interval from now is of a clock that was wrong.
            if due is None or due > now + max(task.every_seconds, _FIRST_WAIT_SECONDS):
                self._broker.note_next({task.name: now + min(task.every_seconds, _FIRST_WAIT_SECONDS)})
            elif due <= now:
                self._broker.send(task.name, task.queue, expires=timedelta(seconds=task.every_seconds))
                self._broker.note_next({task.name: now + task.every_seconds})

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self.look()
            except BrokerUnavailable as problem:
                if self._is_answered:
                    log.warning("the broker does not answer", extra={"problem": problem.slug})
                self._is_answered = False
            else:
                self._is_answered = True
