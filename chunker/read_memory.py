"""Memory for blocks on their way out: a budget that takes back from readers who are slow what quicker ones can use."""

import asyncio
from collections import deque
from collections.abc import Callable

from foundation.problems import Busy


class ReadMemory:
    """At most `total` bytes of blocks in hand for all readers together. First come, first served."""

    def __init__(self, total: int, wait_seconds: float) -> None:
        self._total = self._free = total
        self._wait_seconds = wait_seconds
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        # Oldest first; what each does gives its reader's memory back.
        self._slow: dict[object, Callable[[], None]] = {}

    @property
    def is_plenty(self) -> bool:
        """Whether half of it is free, and nobody waits."""
        return not self._waiting and 2 * self._free >= self._total

    def take_now(self, count: int) -> bool:
        """Whether there was room that nobody else waits for."""
        if self._waiting or count > self._free:
            return False
        self._free -= count
        return True

    async def take(self, count: int) -> None:
        """Raises Busy when no room came in time."""
        if self.take_now(count):
            return
        turn = asyncio.get_running_loop().create_future()
        entry = (count, turn)
        self._waiting.append(entry)
        self._reclaim()
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._wait_seconds)
        except BaseException as error:
            if turn.done():
                self.give(count)  # It came at the moment of giving up.
            else:
                self._waiting.remove(entry)
                self._admit()
            if isinstance(error, TimeoutError):
                raise Busy("More is being read than there is memory for.") from error
            raise

    def give(self, count: int) -> None:
        self._free += count
        self._admit()

    def slow(self, reader: object, let_go: Callable[[], None]) -> None:
        """`reader` takes its time: `let_go` may be called from now on, once, if others need the memory."""
        self._slow[reader] = let_go
        self._reclaim()

    def quick(self, reader: object) -> None:
        """`reader` has taken what it was sent."""
        self._slow.pop(reader, None)

    def _reclaim(self) -> None:
        while self._waiting and self._slow:
            self._slow.pop(next(iter(self._slow)))()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            count, turn = self._waiting.popleft()
            self._free -= count
            turn.set_result(None)
