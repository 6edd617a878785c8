"""Grouped fsync of folders: one fsync serves every rename that was done before it began."""

import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class _Round:
    """One fsync, and everyone whom it serves."""

    is_over: bool = False
    failure: OSError | None = None


@dataclass(eq=False, slots=True)
class _Queue:
    """The fsyncs of one folder: one may run, and the next gathers who came too late for it."""

    turn: threading.Condition = field(default_factory=threading.Condition)
    running: _Round | None = None
    gathering: _Round | None = None

    def is_free(self) -> bool:
        return self.running is None


class FolderSync:
    """Thread-safe. At most one fsync of a folder runs; who comes meanwhile shares the next one."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._lock = threading.Lock()

    def sync(self, folder: str, fd: int) -> None:
        """Return once an fsync of `folder` (open as `fd`) that began after this call has succeeded. Raises OSError.

        Who gathered while a round failed fails with it: a failed fsync may have marked their entries clean although
        they were lost, and a second one would then succeed without having written them.
        """
        with self._lock:
            queue = self._queues[folder]
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
            _run(queue, mine, fd)
        if mine.failure:
            raise OSError(mine.failure.errno, mine.failure.strerror)


def _run(queue: _Queue, mine: _Round, fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError as error:
        mine.failure = error
    with queue.turn:
        mine.is_over, queue.running = True, None
        if mine.failure and queue.gathering:
            queue.gathering.is_over, queue.gathering.failure = True, mine.failure
            queue.gathering = None
        queue.turn.notify_all()
