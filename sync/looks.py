"""One look for many: whoever asks for the same within a moment gets the same answer, and only the first costs anything."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
KEPT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Look(Generic[T]):
    began_at: float
    task: "asyncio.Task[T]"

    def serves(self, since: float) -> bool:
        is_here = self.task.get_loop() is asyncio.get_running_loop()
        return is_here and not self.task.cancelled() and (not self.task.done() or self.began_at >= since)


class Looks(Generic[T]):
    """By key. A look that takes long is shared until it ends; a failure is told to all who asked for it, and not kept."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept, self._clock = kept_seconds, clock
        self._looks: dict[Hashable, _Look[T]] = {}

    async def get(self, key: Hashable, look: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `look` gives, at most `kept_seconds` old. On the event loop only."""
        since = self._clock() - self._kept
        found = self._looks.get(key)
        if found is None or not found.serves(since):
            self._looks = {one: kept for one, kept in self._looks.items() if kept.serves(since)}
            found = self._looks[key] = _Look(self._clock(), asyncio.create_task(look()))
            found.task.add_done_callback(lambda task: self._forget_failed(key, task))
        # Whoever asked first may go away; the others still wait for it.
        return await asyncio.shield(found.task)

    def _forget_failed(self, key: Hashable, task: "asyncio.Task[T]") -> None:
        if (task.cancelled() or task.exception()) and (kept := self._looks.get(key)) and kept.task is task:
            del self._looks[key]
