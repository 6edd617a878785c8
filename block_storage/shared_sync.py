"""Grouped syncs of folders, or of whole file systems: one sync serves everything that was done before it began."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class _Round:
    """One sync, and everyone whom it serves."""

    is_over: bool = False
    failure: OSError | None = None


@dataclass(eq=False, slots=True)
class _Queue:
    """The syncs of one place: one may run, and the next gathers who came too late for it."""

    turn: threading.Condition = field(default_factory=threading.Condition)
    running: _Round | None = None
    gathering: _Round | None = None
    failures: int = 0
    last_failure: OSError | None = None

    def is_free(self) -> bool:
        return self.running is None


class SharedSync:
    """Thread-safe. At most one sync of a place runs; who comes meanwhile shares the next one."""

    def __init__(self, act: Callable[[int], None]) -> None:
        """`act` syncs what is open as the descriptor that it is given, or raises OSError."""
        self._act = act
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._lock = threading.Lock()

    def failures(self, place: str) -> int:
        """How many syncs of `place` have failed so far: for `sync`."""
        return self._queue(place).failures

    def sync(self, place: str, fd: int, failures: int | None = None) -> None:
        """Return once a sync of `place` (open as `fd`) that began after this call has succeeded. Raises OSError.

        Who gathered while a round failed fails with it: a failed sync may have marked their writes clean although
        they were lost, and a second one would then succeed without having written them. Who was still writing then passes
        the number of `failures` from before, and fails if there is one more.
        """
        queue = self._queue(place)
        with queue.turn:
            if queue.is_free():
                mine = queue.running = _Round()
            else:
                mine = queue.gathering = queue.gathering or _Round()
                while not mine.is_over and not queue.is_free():
                    queue.turn.wait()
                if not mine.is_over:
                    queue.running, queue.gathering = mine, None
        if not mine.is_over:
            self._run(queue, mine, fd)
        failure = mine.failure
        if failures is not None and queue.failures > failures:
            failure = failure or queue.last_failure
        if failure:
            raise OSError(failure.errno, failure.strerror)

    def _queue(self, place: str) -> _Queue:
        with self._lock:
            return self._queues[place]

    def _run(self, queue: _Queue, mine: _Round, fd: int) -> None:
        try:
            self._act(fd)
        except OSError as error:
            # Without its traceback, which would keep the callers' blocks in memory.
            mine.failure = OSError(error.errno, error.strerror)
        with queue.turn:
            mine.is_over, queue.running = True, None
            if mine.failure:
                queue.failures, queue.last_failure = queue.failures + 1, mine.failure
                if queue.gathering:
                    queue.gathering.is_over, queue.gathering.failure = True, mine.failure
                    queue.gathering = None
            queue.turn.notify_all()
