"""A worker tells that it lives and what it does: seldom, for each telling is a write."""

import os
import socket
import time
from collections.abc import Callable

EVERY_SECONDS = 10.0
Seen = Callable[[str, str], None]


def worker_name() -> str:
    """Of this process, unique among all that run."""
    return f"{socket.gethostname()}-{os.getpid()}"


class Heartbeat:
    """For one thread."""

    def __init__(self, worker: str, seen: Seen, clock: Callable[[], float] = time.monotonic) -> None:
        """`seen`: Proofs.seen."""
        self._worker, self._seen, self._clock = worker, seen, clock
        self._told: str | None = None
        self._next = 0.0

    def __call__(self, doing: str) -> None:
        """It does the chore `doing`, or rests (""). Written when that is new, or was written long ago."""
        if doing == self._told and self._clock() < self._next:
            return
        self._seen(self._worker, doing)
        self._told, self._next = doing, self._clock() + EVERY_SECONDS
