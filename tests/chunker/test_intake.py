"""Receiving blocks: bounded memory, natural group commit, nothing acknowledged before it is registered."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from block_storage import BlockCorrupt, MemoryBlockStore
from chunker.errors import ChunkSize, FrameInvalid
from chunker.frames import FrameParser
from chunker.intake import Intake, Promised
from chunker.registrar import Registrar
from chunker.settings import ChunkerSettings
from foundation.blocks import MIB, BlockId, BlockName
from foundation.budget import Budget
from foundation.problems import Busy, OutcomeUnknown
from metadata import Blocks, Chunk, ReceivedBlock, UploadEnded
from tests.chunker.served import framed, some_bytes


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 30))


def received(number: int) -> ReceivedBlock:
    return ReceivedBlock(BlockName.new(BlockId.of(b"%d" % number), 1), 1, 0)


class Register:
    """Notes the groups it is given; the first call lasts until `go` is set."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.groups: list[int] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self._failure = failure

    def __call__(self, _upload: UUID, blocks: Sequence[ReceivedBlock]) -> None:
        self.groups.append(len(blocks))
        self.begun.set()
        assert self.go.wait(20)
        if self._failure:
            raise self._failure


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 20)


def test_a_lone_block_is_registered_at_once_and_what_comes_meanwhile_shares_a_transaction() -> None:
    async def scenario() -> None:
        register = Register()
        registrar = Registrar(register, group_blocks=32)
        upload = uuid4()
        first = asyncio.create_task(registrar.register(upload, [received(0)]))
        await until(register.begun)
        others = [asyncio.create_task(registrar.register(upload, [received(n)])) for n in range(1, 41)]
        await asyncio.sleep(0)
        register.go.set()
        await asyncio.gather(first, *others)
        assert register.groups == [1, 32, 8]

    run(scenario())


def test_a_group_fails_together_and_is_not_tried_again() -> None:
    async def scenario() -> None:
        register = Register(OutcomeUnknown())
        register.go.set()
        registrar = Registrar(register, group_blocks=32)
        upload = uuid4()
        outcomes = await asyncio.gather(
            *(registrar.register(upload, [received(n)]) for n in range(3)), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 3
        assert register.groups == [3]

    run(scenario())


def test_a_caller_who_gives_up_does_not_stop_the_others_of_its_group() -> None:
    async def scenario() -> None:
        register = Register()
        registrar = Registrar(register, group_blocks=32)
        upload = uuid4()
        leaver, stayer = (asyncio.create_task(registrar.register(upload, [received(n)])) for n in range(2))
        await until(register.begun)
        leaver.cancel()
        register.go.set()
        await stayer
        assert register.groups == [2]

    run(scenario())


class _Blocks:
    """The seam's `register` as a function; the rest is not used here."""

    def __init__(self, register: Callable[[UUID, Sequence[ReceivedBlock]], None]) -> None:
        self.register = register

    def claim(self, *_arguments: Any) -> set[BlockId]:
        raise AssertionError

    def judge(self, *_arguments: Any) -> None:
        raise AssertionError


def intake(blocks: Blocks, store: MemoryBlockStore | None = None, **settings: Any) -> Intake:
    return Intake(store or MemoryBlockStore(), blocks, ChunkerSettings(**settings))


def test_a_lane_finishes_only_when_all_is_registered_and_tells_in_order() -> None:
    async def scenario() -> None:
        register = Register()
        lane = intake(_Blocks(register)).lane(uuid4(), 7)
        blocks = [some_bytes(1000, seed) for seed in range(5)]
        for block in blocks:
            await lane.send([(None, block)])
        await lane.send([(BlockId(bytes(32)), b"wrong")])
        finished = asyncio.create_task(lane.finish())
        await until(register.begun)
        assert not finished.done()
        register.go.set()
        outcomes = await finished
        assert outcomes[:5] == [Chunk(BlockId.of(block), 1000) for block in blocks]
        assert isinstance(outcomes[5], BlockCorrupt)
        assert sum(register.groups) == 5

    run(scenario())


def test_a_load_tells_in_order_and_names_the_block_that_is_not_its_id() -> None:
    async def scenario() -> None:
        register = Register()
        register.go.set()
        store = MemoryBlockStore()
        lane = intake(_Blocks(register), store).lane(uuid4(), 7)
        blocks = [some_bytes(1000, seed) for seed in range(9)]
        promised: list[Promised] = [
            (BlockId.of(block) if seed % 2 else None, block) for seed, block in enumerate(blocks)
        ]
        promised[4] = (BlockId(bytes(32)), blocks[4])
        await lane.send(promised)
        outcomes = await lane.finish()
        refused = outcomes.pop(4)
        assert isinstance(refused, BlockCorrupt)
        assert refused.members == {"block": str(BlockId(bytes(32)))}
        assert outcomes == [Chunk(BlockId.of(block), 1000) for block in blocks[:4] + blocks[5:]]
        assert {name.id for name in store.list()} == {BlockId.of(block) for block in blocks[:4] + blocks[5:]}
        assert register.groups == [8]

    run(scenario())


def test_an_upload_that_ended_fails_the_lane() -> None:
    async def scenario() -> None:
        register = Register(UploadEnded())
        register.go.set()
        lane = intake(_Blocks(register)).lane(uuid4(), 7)
        await lane.send([(None, b"x")])
        with pytest.raises(UploadEnded):
            await lane.finish()

    run(scenario())


def test_a_slow_store_makes_senders_wait_instead_of_memory_grow() -> None:
    class SlowStore(MemoryBlockStore):
        def __init__(self) -> None:
            super().__init__()
            self.go = threading.Event()

        def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
            assert self.go.wait(20)
            super().put(name, data)

    async def scenario() -> None:
        store = SlowStore()
        register = Register()
        register.go.set()
        lane = intake(_Blocks(register), store, stream_depth=2).lane(uuid4(), 7)
        sent = 0

        async def sender() -> None:
            nonlocal sent
            for seed in range(6):
                await lane.send([(None, some_bytes(10, seed))])
                sent += 1

        sending = asyncio.create_task(sender())
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent == 2
        store.go.set()
        await sending
        assert len(await lane.finish()) == 6

    run(scenario())


def test_a_budget_lets_in_who_came_first_and_refuses_after_a_time() -> None:
    async def scenario() -> None:
        budget = Budget(10, wait_seconds=20)
        await budget.take(8)
        large = asyncio.create_task(budget.take(6))
        await asyncio.sleep(0)
        small = asyncio.create_task(budget.take(1))
        await asyncio.sleep(0)
        assert not small.done()
        budget.give(8)
        await asyncio.gather(large, small)
        waiting = asyncio.create_task(budget.take(9))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        budget.give(7)
        await budget.take(10)
        impatient = Budget(1, wait_seconds=0.01)
        await impatient.take(1)
        with pytest.raises(Busy):
            await impatient.take(1)

    run(scenario())


def test_who_holds_its_memory_is_not_held_up_by_those_who_wait_for_memory() -> None:
    async def scenario() -> None:
        register = Register()
        register.go.set()
        incoming = intake(_Blocks(register), receive_memory_bytes=16 * MIB)
        async with incoming.budget.taken(16 * MIB):
            waiting = asyncio.create_task(incoming.budget.take(1))
            await asyncio.sleep(0)
            lane = incoming.lane(uuid4(), 7)
            await lane.send([(None, b"x")], is_counted=True)
            assert len(await lane.finish()) == 1
            assert not waiting.done()
        await waiting

    run(scenario())


@pytest.mark.parametrize("piece", [1, 35, 36, 37, 1000, MIB])
def test_frames_are_read_however_they_are_split(piece: int) -> None:
    blocks = [b"", b"x", some_bytes(5000), b"y" * 36]
    body = framed(*blocks)
    parser = FrameParser()
    found = [block for start in range(0, len(body), piece) for block in parser.feed(body[start : start + piece])]
    parser.end()
    assert found == [(BlockId.of(block), block) for block in blocks]


def test_a_frame_that_is_cut_or_too_long_is_an_error() -> None:
    parser = FrameParser()
    assert list(parser.feed(framed(b"whole") + framed(b"cut")[:-1])) == [(BlockId.of(b"whole"), b"whole")]
    with pytest.raises(FrameInvalid):
        parser.end()
    with pytest.raises(ChunkSize):
        list(FrameParser().feed(bytes(32) + (4 * MIB + 1).to_bytes(4, "big")))
