"""Lists of chunks that are remembered: what they spare, when they end, and how little they may hold."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from uuid import UUID, uuid4

import pytest
from anyio import CapacityLimiter

from chunker import assembly, chunk_lists
from chunker.assembly import ReadAhead, Shared, Source
from chunker.chunk_lists import KEPT_SECONDS, MAX_CHUNKS, PAGE_CHUNKS, ChunkLists
from chunker.ranges import ByteRange
from chunker.read_memory import ReadMemory
from foundation.blocks import MIB
from metadata import Files, StoredChunk, VersionNotFound
from tests.chunker.served import Person, Served, some_bytes

DATA = some_bytes(5 * MIB + 17, seed=9)


class CountingFiles:
    """Files, which counts what it is asked of lists."""

    def __init__(self, files: Files) -> None:
        self._files, self.asked = files, 0

    def chunks(self, content: UUID, first_index: int, limit: int) -> Sequence[StoredChunk]:
        self.asked += 1
        return self._files.chunks(content, first_index, limit)

    def chunk_at(self, content: UUID, offset: int) -> int:
        self.asked += 1
        return self._files.chunk_at(content, offset)


class Reading:
    """One file, read through remembered lists."""

    def __init__(self, stack: Served, me: Person) -> None:
        me.http.put(f"{me.content}/a", content=DATA).raise_for_status()
        self.version = stack.catalogue.files.find(me.identity, str(me.bucket.id), "a")
        self.now = [0.0]
        self.files = CountingFiles(stack.catalogue.files)
        self.lists = ChunkLists(lambda: self.now[0])
        shared = Shared(CapacityLimiter(4), ReadMemory(16 * MIB, 1), self.lists)
        self._source = Source(self.version, stack.catalogue, stack.store, shared)
        self._source._files = self.files  # type: ignore[assignment]  # noqa: SLF001 — as much of it as is asked here.

    def of(self, start: int, end: int) -> bytes:
        return asyncio.run(self._read(ByteRange(start, end)))

    def run(self, index: int, count: int) -> list[int]:
        """The indices of a run of whole chunks."""
        return [chunk.index for chunk in asyncio.run(self._source.run(index, count))]

    async def _read(self, wanted: ByteRange) -> bytes:
        ahead, found = ReadAhead(self._source, wanted, depth=2), b""
        first = None
        while held := await ahead.next():
            first = held.load.offset if first is None else first
            found += b"".join(await held.data())
            held.let_go()
        start = wanted.start - (first or 0)
        return found[start : start + wanted.end - wanted.start]


def test_one_range_after_the_other_asks_for_the_list_once(stack: Served, me: Person) -> None:
    reading = Reading(stack, me)
    for start in (4 * MIB - 5, 0, 5 * MIB, 17, 2 * MIB - 1):
        assert reading.of(start, start + 10) == DATA[start : start + 10]
    # Where the first begins, and the list.
    assert reading.files.asked == 2
    assert reading.of(0, len(DATA)) == DATA
    assert reading.files.asked == 2


def test_one_run_of_whole_chunks_after_the_other_asks_for_the_list_once(stack: Served, me: Person) -> None:
    reading = Reading(stack, me)
    assert [reading.run(0, 4), reading.run(4, 16), reading.run(5, 1)] == [[0, 1, 2, 3], [4, 5], [5]]
    assert reading.files.asked == 1
    with pytest.raises(VersionNotFound):
        reading.run(6, 4)


def test_a_run_goes_on_behind_the_page_that_it_begins_on(
    stack: Served, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (assembly, chunk_lists):
        monkeypatch.setattr(module, "PAGE_CHUNKS", 2)
    reading = Reading(stack, me)
    assert reading.run(1, 4) == [1, 2, 3, 4]
    assert reading.files.asked == 3


def test_one_chunk_by_itself_asks_for_no_page(stack: Served, me: Person) -> None:
    reading = Reading(stack, me)
    assert [reading.run(2, 1), reading.run(2, 1)] == [[2], [2]]
    assert reading.files.asked == 2, "nothing was remembered"


def test_a_list_is_asked_for_again_after_25_seconds(stack: Served, me: Person) -> None:
    reading = Reading(stack, me)
    reading.of(0, 10)
    reading.now[0] = KEPT_SECONDS + 1
    assert reading.of(0, 10) == DATA[:10]
    assert reading.files.asked == 2


def test_a_block_with_another_name_is_found_though_the_list_was_remembered(stack: Served, me: Person) -> None:
    reading = Reading(stack, me)
    reading.of(0, 10)
    content = reading.version.content
    assert content is not None
    page = list(reading.lists.find(content, 0))
    gone = page[0].name.__class__.parse(f"{page[0].id}.999-0123456789abcdef")
    page[0] = StoredChunk(**{name: getattr(page[0], name) for name in StoredChunk.__slots__} | {"name": gone})
    reading.lists.keep(content, page)
    assert reading.of(0, 10) == DATA[:10]
    assert not reading.lists.find(content, 0), "what was wrong is not remembered any longer"


def test_lists_of_many_contents_hold_no_more_than_they_may(stack: Served, me: Person) -> None:
    reading, lists = Reading(stack, me), ChunkLists()
    assert reading.version.content is not None
    (chunk,) = stack.catalogue.files.chunks(reading.version.content, 0, 1)
    contents = [uuid4() for _ in range(MAX_CHUNKS // PAGE_CHUNKS + 5)]
    for content in contents:
        lists.keep(content, [chunk] * PAGE_CHUNKS)
    kept = [content for content in contents if lists.find(content, 0)]
    assert kept == list(islice(contents, 5, None))
