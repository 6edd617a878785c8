"""A slow reader costs no memory and gets every byte."""

import asyncio
from collections.abc import Collection
from typing import Any

from anyio import CapacityLimiter

from block_storage import Block, BlockStore, MemoryBlockStore, Wanted
from chunker.assembly import ReadAhead, Shared, Source
from chunker.download import PIECE_BYTES, ContentResponse, Part
from chunker.ranges import ByteRange
from chunker.read_memory import ReadMemory
from foundation.blocks import MIB, BlockName
from tests.chunker.served import Person, Served, some_bytes

DATA = some_bytes(4 * MIB + 3, seed=9)


class CountingStore(MemoryBlockStore):
    """Reads from another store and counts."""

    def __init__(self, inner: BlockStore) -> None:
        super().__init__()
        self.reads = 0
        self._inner = inner

    def get(self, name: BlockName, xxh3: int) -> bytes:
        self.reads += 1
        return self._inner.get(name, xxh3)

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        self.reads += len(blocks)
        return self._inner.get_many(blocks)


async def received(response: ContentResponse, seconds_a_piece: float) -> bytes:
    """What a reader gets who lets each piece wait."""
    pieces: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        # As the server does it: whoever sends waits until what was sent before has gone.
        await asyncio.sleep(seconds_a_piece)
        pieces.append(message.get("body", b""))

    await asyncio.wait_for(response({"type": "http", "method": "GET"}, receive, send), 30)
    return b"".join(pieces)


def read(stack: Served, me: Person, seconds_a_piece: float, stall_seconds: float, data: bytes = DATA) -> int:
    """How many blocks are read for one download."""
    me.http.put(f"{me.content}/a", content=data)
    version = stack.catalogue.files.find(me.identity, str(me.bucket.id), "a")
    store = CountingStore(stack.store)
    source = Source(version, stack.catalogue, store, Shared(CapacityLimiter(4), ReadMemory(16 * MIB, 1)))
    ahead = ReadAhead(source, ByteRange(0, len(data)), depth=4)
    response = ContentResponse([Part(b"", ahead)], 200, {}, stall_seconds)
    assert asyncio.run(received(response, seconds_a_piece)) == data
    return store.reads


def test_a_quick_reader_has_every_block_read_once(stack: Served, me: Person) -> None:
    assert read(stack, me, seconds_a_piece=0, stall_seconds=30) == 5


def test_a_reader_who_stalls_has_its_blocks_dropped_and_read_again(stack: Served, me: Person) -> None:
    assert read(stack, me, seconds_a_piece=0.02, stall_seconds=0.001) > 5


def test_a_reader_who_always_stalls_has_one_block_read_for_a_piece_and_not_a_run_of_them(
    stack: Served, me: Person
) -> None:
    data = some_bytes(10 * MIB, seed=10)
    blocks, pieces = 10, len(data) // PIECE_BYTES
    # The first to come are a run that is read once in vain.
    assert read(stack, me, 0.005, stall_seconds=0.001, data=data) <= pieces + blocks + 4
