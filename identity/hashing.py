"""Where passwords are hashed: a few at a time, in threads of their own, and a short line before them."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from foundation.problems import Unavailable

AT_ONCE = 2  # Each takes tens of megabytes and a core.
WAITING_AT_MOST = 50

T = TypeVar("T")


class Hashing:
    """Waiting in this line holds no thread: a flood of sign-ins must not take those that move bytes."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(AT_ONCE)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work`, which hashes, gives. Raises Unavailable where the line is full."""
        if self._limiter.statistics().tasks_waiting >= WAITING_AT_MOST:
            raise Unavailable("Too many people sign in at this moment.")
        return await run_sync(work, limiter=self._limiter)
