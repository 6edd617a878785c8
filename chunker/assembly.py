"""A stored content as bytes again: its chunks in order, each verified, a few read ahead, never the whole list."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from block_storage import Block, BlockDamaged, BlockNotFound, BlockStore, StorageFailed, Wanted
from chunker.chunk_lists import PAGE_CHUNKS, ChunkLists
from chunker.errors import ContentDamaged
from chunker.parts import Seams
from chunker.ranges import ByteRange
from chunker.read_memory import ReadMemory
from chunker.read_threads import read_in, retrieve
from chunker.shared_reads import SharedReads
from foundation.blocks import MIB, BlockName
from foundation.problems import Problem
from metadata import BlockState, FileVersion, StoredChunk, VersionNotFound

_HEAL = "`cairn status` says which file it is and what heals it: docs/operations.md#when-cairn-status-says-that-something-needs-you"
log = logging.getLogger("cairn.chunker")

RUN_BYTES = 4 * MIB


class Load(Protocol):
    """What is read in one go."""

    @property
    def size(self) -> int: ...


Pieces = Sequence[bytes | memoryview]

L = TypeVar("L", bound=Load)
L_contra = TypeVar("L_contra", bound=Load, contravariant=True)


class Reader(Protocol[L_contra]):
    """Where loads are read, and the memory that their bytes take."""

    @property
    def memory(self) -> ReadMemory: ...

    async def read(self, load: L_contra, /) -> Pieces: ...


class Held(Generic[L]):
    """The bytes of one load on their way out, which may be let go of while the reader is slow, and read again."""

    __slots__ = ("_data", "_length", "_reading", "_source", "_taken", "load")

    def __init__(self, load: L, source: Reader[L]) -> None:
        self.load = load
        self._source = source
        self._taken = 0
        self._length: int | None = None
        self._reading: asyncio.Task[Pieces] | None = None
        self._data: Pieces | None = None

    def read_ahead(self) -> None:
        """Begin to read, if there is memory that nobody needs more."""
        if self._source.memory.take_now(self.load.size):
            self._taken = self.load.size
            self._reading = asyncio.ensure_future(self._source.read(self.load))
            self._reading.add_done_callback(retrieve)

    async def data(self) -> Pieces:
        """Raises ContentDamaged; StorageFailed; Busy."""
        if self._data is None:
            if not self._taken:
                await self._source.memory.take(self.load.size)
                self._taken = self.load.size
            reading, self._reading = self._reading, None
            data = await (reading or self._source.read(self.load))
            length = sum(map(len, data))
            # A part of them was sent: what is damaged or healed since would shift the rest.
            if self._length not in {None, length}:
                raise StorageFailed("What is being sent was damaged, or healed, meanwhile.")
            self._data, self._length = data, length
        return self._data

    def let_go(self) -> None:
        self._data = None
        taken, self._taken = self._taken, 0
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            # What is being read takes its memory until it has ended.
            reading.add_done_callback(lambda _: self._source.memory.give(taken))
        elif taken:
            self._source.memory.give(taken)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all readers of a process share."""

    threads: CapacityLimiter
    memory: ReadMemory
    lists: ChunkLists = field(default_factory=ChunkLists)
    reads: SharedReads[bytes | memoryview] = field(default_factory=SharedReads)


@dataclass(frozen=True, slots=True)
class Run:
    """Chunks that follow each other, read in one go."""

    chunks: Sequence[StoredChunk]

    @property
    def offset(self) -> int:
        return self.chunks[0].offset

    @property
    def size(self) -> int:
        return self.chunks[-1].offset + self.chunks[-1].size - self.offset


def together(store: BlockStore, chunks: Sequence[StoredChunk]) -> Mapping[BlockName, Block]:
    """Those of several blocks that are right, for `Source.read_now`. One by itself costs no more. Raises StorageFailed."""
    return store.get_many([Wanted(one.name, one.xxh3, one.size) for one in chunks]) if len(chunks) > 1 else {}


class Source:
    """Reads the blocks of one version for one request."""

    def __init__(self, version: FileVersion, catalogue: Seams, store: BlockStore, shared: Shared) -> None:
        if version.content is None:
            raise VersionNotFound("This version is a deletion; it has no content.")
        self.version = version
        self._content = version.content
        self._files, self._blocks, self._store = catalogue.files, catalogue.blocks, store
        self._threads, self.memory, self._lists, self._reads = shared.threads, shared.memory, shared.lists, shared.reads

    async def page(self, index: int) -> Sequence[StoredChunk]:
        """Some of the chunks from `index` on, at most PAGE_CHUNKS; none beyond the last."""
        if known := self._lists.find(self._content, index):
            return known
        first = index - index % PAGE_CHUNKS
        if page := await run_sync(self._files.chunks, self._content, first, PAGE_CHUNKS):
            self._lists.keep(self._content, page)
        return page[index - first :]

    async def index_at(self, offset: int) -> int:
        """The index of the chunk that holds byte `offset`."""
        if offset == 0:
            return 0
        guess = offset * self.version.num_chunks // self.version.size
        known = self._lists.at(self._content, guess, offset)
        return known if known is not None else await run_sync(self._files.chunk_at, self._content, offset)

    async def run(self, index: int, count: int) -> Sequence[StoredChunk]:
        """`count` chunks from `index` on, fewer at the end. Raises VersionNotFound beyond the last."""
        end = min(index + count, self.version.num_chunks)
        chunks: list[StoredChunk] = []
        while (at := index + len(chunks)) < end and (some := await self._some(at, end - at)):
            chunks += some[: end - at]
        if not chunks:
            raise VersionNotFound(f"This version has {self.version.num_chunks:,} chunks, counted from 0.")
        return chunks

    async def _some(self, index: int, count: int) -> Sequence[StoredChunk]:
        # A page for one chunk alone would cost more than it saves.
        if count > 1 or self._lists.find(self._content, index):
            return await self.page(index)
        return await run_sync(self._files.chunks, self._content, index, 1)

    async def read(self, run: Run) -> Pieces:
        """The chunks' bytes, verified. Raises ContentDamaged, after the catalogue was told; StorageFailed."""
        key = (self.version.version_id, run.chunks[0].index, len(run.chunks))
        return await self._reads.get(key, lambda: read_in(self._threads, lambda: self._read(run)))

    def _read(self, run: Run) -> Pieces:
        found = together(self._store, run.chunks)
        return [self.read_now(chunk, found) for chunk in run.chunks]

    def read_now(self, chunk: StoredChunk, found: Mapping[BlockName, Block] | None = None) -> Block:
        """As `read`, one, in a thread that may wait for the store. `found`: what was read together, right, and maybe not all."""
        if found and (block := found.get(chunk.name)):
            return block
        try:
            return self._whole(chunk)
        except (BlockNotFound, BlockDamaged) as problem:
            # A take-over gives a damaged block a new name; the page of chunks in hand may be older than that.
            self._lists.forget(self._content, chunk.index)
            (present,) = self._files.chunks(self._content, chunk.index, 1) or (chunk,)
            if present.name == chunk.name:
                raise self._damaged(chunk, problem) from problem
        try:
            return self._whole(present)
        except (BlockNotFound, BlockDamaged) as problem:
            raise self._damaged(present, problem) from problem

    def _whole(self, chunk: StoredChunk) -> bytes:
        data = self._store.get(chunk.name, chunk.xxh3)
        if len(data) != chunk.size:
            raise BlockDamaged(f"The block {chunk.id} has {len(data)} bytes, not {chunk.size}.")
        return data

    def _damaged(self, chunk: StoredChunk, problem: Problem) -> ContentDamaged:
        state = BlockState.MISSING if isinstance(problem, BlockNotFound) else BlockState.DAMAGED
        facts = {"block": str(chunk.id), "file": str(self.version.file_id)}
        log.error("a block is %s", state, extra=facts | {"advice": _HEAL})
        try:
            self._blocks.judge({chunk.name: state})
        except Problem as unheard:
            log.warning("the verdict was not written: %s", unheard.slug)
        path = self.version.path
        return ContentDamaged(f"Chunk {chunk.index} of {path} is {state}.", path=path, chunk=chunk.index)


class LoadsAhead(Generic[L]):
    """Loads one after the other, `depth` more being read while one is sent. `following` gives the next, None at the end."""

    def __init__(self, reader: Reader[L], following: Callable[[], Awaitable[L | None]], depth: int) -> None:
        self.memory = reader.memory
        self._reader, self._following, self._depth = reader, following, depth
        self._ahead: deque[Held[L]] = deque()

    async def first(self) -> None:
        """Have the first bytes in hand, so that damage there is still an answer of its own. Raises as `Held.data`."""
        try:
            await self._fill()
            if self._ahead:
                await self._ahead[0].data()
        except BaseException:
            self.let_go()
            raise

    async def next(self) -> Held[L] | None:
        """The next load, None at the end. Raises nothing of its bytes: `Held.data` does."""
        await self._fill()
        return self._ahead.popleft() if self._ahead else None

    async def _fill(self) -> None:
        while len(self._ahead) <= self._depth and (load := await self._following()):
            held = Held(load, self._reader)
            held.read_ahead()
            self._ahead.append(held)

    def let_go(self) -> None:
        """Give up what was read ahead; it is read again when its turn comes."""
        for held in self._ahead:
            held.let_go()


class ReadAhead(LoadsAhead[Run]):
    """The chunks of a range: the first by itself, to be there soon, then up to `depth` in one go, which spares the store's round trips."""

    def __init__(self, source: Source, wanted: ByteRange, depth: int, page: Sequence[StoredChunk] = ()) -> None:
        """`page`: the first chunks of the range, where they are known."""
        super().__init__(source, self._next_run, min(depth, 1))
        self.source = source
        self._most, self._depth_chunks = 1, max(depth, 1)
        self._is_slow = False
        self.wanted = wanted
        self._page: deque[StoredChunk] = deque(page)
        self._next_index = page[-1].index + 1 if page else None
        self._is_over = wanted.start >= wanted.end

    async def _next_run(self) -> Run | None:
        first = await self._next_chunk()
        if first is None:
            return None
        chunks, size = [first], first.size
        while len(chunks) < self._most and self._page and size + self._page[0].size <= RUN_BYTES:
            chunk = await self._next_chunk()
            if chunk is None:
                break
            chunks.append(chunk)
            size += chunk.size
        # Whoever is slow reads again what it had to let go of, all of a run for each piece: not many at once while memory is short.
        self._most = self._depth_chunks if self.memory.is_plenty and not self._is_slow else 1
        self._is_slow = False
        return Run(chunks)

    def let_go(self) -> None:
        super().let_go()
        self._is_slow = True
        self._ahead = deque(Held(Run([chunk]), self.source) for held in self._ahead for chunk in held.load.chunks)

    async def _next_chunk(self) -> StoredChunk | None:
        if self._is_over:
            return None
        if not self._page:
            if self._next_index is None:
                self._next_index = await self.source.index_at(self.wanted.start)
            self._page.extend(await self.source.page(self._next_index))
            self._next_index += len(self._page)
        if not self._page or self._page[0].offset >= self.wanted.end:
            self._is_over = True
            return None
        chunk = self._page.popleft()
        self._is_over = chunk.offset + chunk.size >= self.wanted.end
        return chunk
