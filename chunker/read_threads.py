"""Reads in threads, which nothing can end early: whoever gives one up keeps its place until it has ended."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")


async def read_in(threads: CapacityLimiter, act: Callable[[], T]) -> T:
    """What `act` gives. Cancelled before its turn it is never called; cancelled later it ends when the thread does.

    Otherwise readers who go, or are slow, would have any number of reads under way that nobody counts, each of them a request and
    memory of block storage.
    """
    async with threads:
        running = asyncio.ensure_future(run_sync(act, limiter=CapacityLimiter(1)))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait((running,))
            retrieve(running)
            raise


def retrieve(task: "asyncio.Future[T]") -> None:
    """What was read for a reader who has gone is looked at by nobody."""
    if not task.cancelled():
        task.exception()
