"""Readers who want the same at the same time: one read for all of them, and nothing is kept when they have gone."""

import asyncio
import gc

import pytest
from anyio import CapacityLimiter

from block_storage import StorageFailed
from chunker.read_threads import read_in
from chunker.shared_reads import Loaded, SharedReads
from tests.chunker.test_reading import SIZE, SlowBlocks, begun

pytestmark = pytest.mark.anyio


class Desk:
    """Reads of one thread."""

    def __init__(self) -> None:
        self.blocks, self.threads, self.reads = SlowBlocks(), CapacityLimiter(1), SharedReads[bytes]()

    async def ask(self, key: str = "a") -> Loaded[bytes]:
        return await self.reads.get(key, lambda: read_in(self.threads, self.blocks.read))


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_who_comes_while_it_is_read_has_it_of_the_same_read(desk: Desk) -> None:
    with desk.blocks.held_up():
        asking = [asyncio.ensure_future(desk.ask()) for _ in range(1_000)]
        await begun(desk.blocks)
    assert await asyncio.gather(*asking) == [[bytes(SIZE)]] * 1_000
    assert desk.blocks.count == 1


async def test_what_somebody_holds_is_not_read_again_and_what_nobody_holds_is(desk: Desk) -> None:
    with desk.blocks.held_up():
        pass
    held = await desk.ask()
    assert await desk.ask() is held
    assert desk.blocks.count == 1
    del held
    gc.disable()  # By the count of its holders: megabytes do not wait for the collector.
    try:
        await asyncio.sleep(0)
        await desk.ask()
    finally:
        gc.enable()
    assert desk.blocks.count == 2


async def test_others_still_get_what_the_first_to_ask_gave_up(desk: Desk) -> None:
    with desk.blocks.held_up():
        first = asyncio.ensure_future(desk.ask())
        await begun(desk.blocks)
        other = asyncio.ensure_future(desk.ask())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait((first,))
    assert await other == [bytes(SIZE)]
    assert desk.blocks.count == 1


async def test_the_last_to_give_up_waits_for_the_read_and_nobody_joins_it_any_more(desk: Desk) -> None:
    with desk.blocks.held_up():
        asking = [asyncio.ensure_future(desk.ask()) for _ in range(2)]
        await begun(desk.blocks)
        for one in asking:
            one.cancel()
        done, waiting = await asyncio.wait(asking, timeout=0.05)
        assert (len(done), len(waiting)) == (1, 1)
        later = asyncio.ensure_future(desk.ask())
        await asyncio.sleep(0)
    assert await later == [bytes(SIZE)]
    assert all(one.cancelled() for one in asking)
    assert desk.blocks.count == 2


async def test_what_nobody_waits_for_any_more_is_not_begun(desk: Desk) -> None:
    with desk.blocks.held_up():
        first = asyncio.ensure_future(desk.ask("first"))
        await begun(desk.blocks)
        behind = [asyncio.ensure_future(desk.ask("behind")) for _ in range(2)]
        await asyncio.sleep(0)
        for one in behind:
            one.cancel()
        await asyncio.wait(behind)
    await first
    assert desk.blocks.count == 1


async def test_a_failure_is_told_to_all_who_wait_and_whoever_asks_afterwards_is_read_for_anew() -> None:
    reads, answers = SharedReads[bytes](), iter([StorageFailed("no"), [b"mended"]])

    async def act() -> list[bytes]:
        await asyncio.sleep(0)
        answer = next(answers)
        if isinstance(answer, StorageFailed):
            raise answer
        return answer

    said = await asyncio.gather(*(reads.get("a", act) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in said] == [StorageFailed] * 3
    assert await reads.get("a", act) == [b"mended"]
