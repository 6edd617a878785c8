"""Receiving blocks: bytes are hashed and put by a few threads, registered in groups, and only then acknowledged (ALGORITHMS.md 1)."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

import xxhash
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from block_storage import BlockCorrupt, BlockStore
from chunker.cutting import Block
from chunker.registrar import Registrar
from chunker.settings import ChunkerSettings
from foundation.blocks import MIB, BlockId, BlockName
from foundation.budget import Budget
from metadata import Blocks, Chunk, ReceivedBlock

# What a thread is given at once: small blocks would cost more in hops between threads and in syncs than in hashing and writing.
LOAD_BYTES = 2 * MIB
LOAD_BLOCKS = 128

Promised = tuple[BlockId | None, Block]  # None: nobody promised an id, it is what the bytes hash to.
Outcome = Chunk | BlockCorrupt


class Intake:
    """Where all requests of a process bring their blocks. Memory is bounded for all of them together."""

    def __init__(self, store: BlockStore, blocks: Blocks, settings: ChunkerSettings) -> None:
        self._store = store
        self.registrar = Registrar(blocks.register, settings.register_group_blocks)
        self.budget = Budget(settings.receive_memory_bytes, settings.receive_wait_seconds)
        self.threads = CapacityLimiter(settings.store_threads)
        self.settings = settings

    def lane(self, upload: UUID, writer: int) -> "Lane":
        return Lane(self, upload, writer)

    def stored(self, writer: int, load: Sequence[Promised]) -> list[ReceivedBlock | BlockCorrupt]:
        """Put each block durably under a new name. The store's own check is the one look at a promised id's hash."""
        names = [BlockName.new(BlockId.of(data) if id is None else id, writer) for id, data in load]
        blocks = [(name, data) for name, (_, data) in zip(names, load, strict=True)]
        problems = self._store.put_many(blocks)
        return [
            _refused(name) if problem else ReceivedBlock(name, len(data), xxhash.xxh3_64_intdigest(data))
            for (name, data), problem in zip(blocks, problems, strict=True)
        ]


def _refused(name: BlockName) -> BlockCorrupt:
    return BlockCorrupt(f"The bytes sent for the block {name.id} have another SHA-256.", block=str(name.id))


class Lane:
    """One request's blocks, in its order. A few loads are under way at once; what is stored is registered in groups."""

    def __init__(self, intake: Intake, upload: UUID, writer: int) -> None:
        self._intake = intake
        self._upload = upload
        self._writer = writer
        self._slots = asyncio.Semaphore(intake.settings.stream_depth)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._outcomes: deque[list[Outcome]] = deque()
        self._unregistered: list[ReceivedBlock] = []

    async def send(self, load: Sequence[Promised], *, is_counted: bool = False) -> None:
        """Take a load over as soon as there is room. Raises what an earlier load failed with, or Busy.

        `is_counted`: the caller has taken the load's memory from the budget and gives it back.
        """
        size = 0 if is_counted else sum(len(data) for _, data in load)
        await self._slots.acquire()
        try:
            self._raise_failure()
            if size:  # Who has its memory already must not queue behind those who wait for it.
                await self._intake.budget.take(size)
        except BaseException:
            self._slots.release()
            raise
        outcomes: list[Outcome] = []
        self._outcomes.append(outcomes)
        self._start(self._store(load, outcomes), lambda: self._release(size))

    def _release(self, size: int) -> None:
        self._intake.budget.give(size)
        self._slots.release()

    async def _store(self, load: Sequence[Promised], outcomes: list[Outcome]) -> None:
        intake = self._intake
        found = await run_sync(intake.stored, self._writer, load, limiter=intake.threads)
        for outcome in found:
            if isinstance(outcome, ReceivedBlock):
                self._unregistered.append(outcome)
                outcomes.append(Chunk(outcome.name.id, outcome.size))
            else:
                outcomes.append(outcome)
        if len(self._unregistered) >= intake.settings.register_group_blocks:
            self._register()

    def _register(self) -> None:
        group, self._unregistered = self._unregistered, []
        self._start(self._intake.registrar.register(self._upload, group), None)

    def _start(self, work: Coroutine[Any, Any, None], released: Callable[[], None] | None) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if released:
                released()
            if self._failure is None and not task.cancelled():
                self._failure = task.exception()

        task.add_done_callback(ended)

    async def finish(self) -> list[Outcome]:
        """Wait until all is stored and registered. What became of each block, in order. Raises what one load failed with."""
        await self.settle()
        self._raise_failure()
        return [outcome for outcomes in self._outcomes for outcome in outcomes]

    def taken(self) -> list[Outcome]:
        """What became of the first blocks, as far as it is known, in order; `finish` tells of the others only."""
        known = []
        while self._outcomes and self._outcomes[0]:
            known += self._outcomes.popleft()
        return known

    async def settle(self) -> None:
        """Wait, whatever failed: what is whole and durable is kept for the resume."""
        await self._settle()
        if self._unregistered:
            self._register()
            await self._settle()

    async def abandon(self) -> None:
        """Wait for the threads that still work on it; register nothing more: the upload ends."""
        self._unregistered = []
        await self._settle()

    async def _settle(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
