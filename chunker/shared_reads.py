"""Reads that several readers share: who asks for what is being read, or is in somebody's hands, has it of that one read."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from contextlib import suppress
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from chunker.read_threads import retrieve

T = TypeVar("T")


class Loaded(list[T]):
    """Pieces that were read, in the hands of several readers: nobody changes them. A plain list has no weak references."""


class _Read(Generic[T]):
    """A read under way, and how many wait for it."""

    def __init__(self, act: Callable[[], Awaitable[Iterable[T]]]) -> None:
        self.task = asyncio.ensure_future(self._loaded(act))
        self.task.add_done_callback(retrieve)
        self.waiting = 0

    @staticmethod
    async def _loaded(act: Callable[[], Awaitable[Iterable[T]]]) -> Loaded[T]:
        return Loaded(await act())


class SharedReads(Generic[T]):
    """Of one event loop. What is kept is kept by its readers: nothing outlives the last who holds it."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Read[T]] = {}
        self._in_hand: WeakValueDictionary[Hashable, Loaded[T]] = WeakValueDictionary()

    async def get(self, key: Hashable, act: Callable[[], Awaitable[Iterable[T]]]) -> Loaded[T]:
        """What `act` gives, or gave for the same key. Raises as it does, to all who wait.

        The read is given up when the last who waits for it is cancelled, who then waits for its end: it takes their memory until then.
        """
        if (loaded := self._in_hand.get(key)) is not None:
            return loaded
        read = self._under_way.get(key)
        if read is None:
            read = self._under_way[key] = _Read(act)
        read.waiting += 1
        try:
            loaded = self._in_hand[key] = await asyncio.shield(read.task)
        except asyncio.CancelledError:
            if read.waiting == 1:
                self._forget(key, read)
                await _ended(read.task)
            raise
        finally:
            read.waiting -= 1
            if read.task.done():
                self._forget(key, read)
        return loaded

    def _forget(self, key: Hashable, read: _Read[T]) -> None:
        if self._under_way.get(key) is read:
            del self._under_way[key]


async def _ended(task: "asyncio.Task[Loaded[T]]") -> None:
    task.cancel()
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait((task,))
