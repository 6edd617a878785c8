"""Memory as a budget: who finds it spent waits for a turn, in order, instead of growing the process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from foundation.problems import Busy


class Budget:
    """At most `total` bytes taken at once. A large request is not overtaken by small ones for ever: first come, first served."""

    def __init__(self, total: int, wait_seconds: float) -> None:
        self._free = total
        self._wait_seconds = wait_seconds
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, count: int) -> None:
        """Raises Busy when no room came in time. `count` must not exceed the total."""
        if not self._waiting and count <= self._free:
            self._free -= count
            return
        turn = asyncio.get_running_loop().create_future()
        entry = (count, turn)
        self._waiting.append(entry)
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._wait_seconds)
        except BaseException as error:
            if turn.done():
                self.give(count)  # It came at the moment of giving up.
            else:
                self._waiting.remove(entry)
                self._admit()
            if isinstance(error, TimeoutError):
                raise Busy from error
            raise

    def give(self, count: int) -> None:
        self._free += count
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            count, turn = self._waiting.popleft()
            self._free -= count
            turn.set_result(None)

    @asynccontextmanager
    async def taken(self, count: int) -> AsyncIterator[None]:
        await self.take(count)
        try:
            yield
        finally:
            self.give(count)
