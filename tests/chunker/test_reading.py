"""Reads that nobody waits for any more: they count until they have ended, so that readers who go or stall exhaust nobody."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from anyio import CapacityLimiter

from block_storage import StorageFailed
from chunker.assembly import Held, Shared
from chunker.loads import LoadReader, ManyLoad
from chunker.read_memory import ReadMemory

pytestmark = pytest.mark.anyio

SIZE = 10


class SlowBlocks:
    """Reads that take until they are let go on."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.at_once = self.most_at_once = self.count = 0
        self._goes_on = threading.Event()
        self._lock = threading.Lock()

    def read(self) -> list[bytes]:
        with self._lock:
            self.count += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        self._goes_on.wait(30)
        with self._lock:
            self.at_once -= 1
        return [bytes(SIZE)]

    @contextmanager
    def held_up(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._goes_on.set()


async def begun(blocks: SlowBlocks) -> None:
    assert await asyncio.to_thread(blocks.begun.acquire, timeout=30)


async def free(memory: ReadMemory, count: int) -> None:
    await asyncio.wait_for(memory.take(count), 30)


async def test_a_read_that_is_given_up_keeps_its_place_and_its_memory_until_it_has_ended() -> None:
    blocks, threads, memory = SlowBlocks(), CapacityLimiter(2), ReadMemory(4 * SIZE, 30)
    reader = LoadReader(Shared(threads, memory))
    with blocks.held_up():
        for _ in range(2):
            held = Held(ManyLoad(SIZE, blocks.read), reader)
            held.read_ahead()
            await begun(blocks)
            held.let_go()
        for _ in range(2):  # Two more are asked for, and given up before their turn has come.
            held = Held(ManyLoad(SIZE, blocks.read), reader)
            held.read_ahead()
            await asyncio.sleep(0)
            held.let_go()
        await free(memory, 2 * SIZE)  # Of the two that were never begun.
        assert not memory.take_now(1)
        assert threads.borrowed_tokens == 2
    await free(memory, 2 * SIZE)
    assert (blocks.count, blocks.most_at_once) == (2, 2)


async def test_a_reader_who_goes_while_a_block_is_read_leaves_nothing_behind() -> None:
    blocks, threads, memory = SlowBlocks(), CapacityLimiter(1), ReadMemory(SIZE, 30)
    held = Held(ManyLoad(SIZE, blocks.read), LoadReader(Shared(threads, memory)))

    async def sent() -> None:
        try:
            await held.data()
        finally:
            held.let_go()

    request = asyncio.ensure_future(sent())
    with blocks.held_up():
        await begun(blocks)
        request.cancel()
        await asyncio.wait((request,), timeout=0.05)
        assert not memory.take_now(1)
        assert threads.borrowed_tokens == 1
    await free(memory, SIZE)
    assert request.cancelled() or request.done()
    assert threads.borrowed_tokens == 0


async def test_what_comes_in_another_length_the_second_time_is_not_sent_on() -> None:
    answers = iter([[b"frames", b"damaged"], [b"frames"]])
    reader = LoadReader(Shared(CapacityLimiter(1), memory := ReadMemory(SIZE, 30)))
    held = Held(ManyLoad(SIZE, lambda: next(answers)), reader)
    assert await held.data() == [b"frames", b"damaged"]
    held.let_go()
    with pytest.raises(StorageFailed):
        await held.data()
    held.let_go()
    assert memory.take_now(SIZE)
