"""The contract of the cutters, over pseudo-random bytes, any sizes and any pieces."""

import hashlib
import io
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pyfastcdc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chunker.cutting import Block, cut_file, cutter
from foundation.blocks import MIB, Chunking

KIB = 1024
DATA = memoryview(hashlib.shake_256(b"Cairn's blocks").digest(24 * MIB))
SMALLEST = {Chunking.FIXED: MIB, Chunking.FASTCDC: 256 * KIB}
LARGEST = {Chunking.FIXED: MIB, Chunking.FASTCDC: 4 * MIB}

chunkings = pytest.mark.parametrize("chunking", list(Chunking))
edges = st.sampled_from([0, 1, 64 * KIB, 256 * KIB, MIB, 2 * MIB, 4 * MIB, 6 * MIB, 8 * MIB])
lengths = st.one_of(
    st.builds(lambda edge, more: max(0, edge + more), edges, st.integers(-2, 2)), st.integers(0, 12 * MIB)
)


def cut(chunking: Chunking, pieces: Iterable[bytes | bytearray | memoryview]) -> list[Block]:
    cutting = cutter(chunking)
    blocks = [block for piece in pieces for block in cutting.feed(piece)]
    return blocks + list(cutting.finish())


def in_one_go(chunking: Chunking, data: memoryview) -> list[memoryview]:
    """What the definition says, without any buffering."""
    if chunking is Chunking.FIXED:
        return [data[at : at + MIB] for at in range(0, len(data), MIB)]
    kernel = pyfastcdc.FastCDC(MIB, min_size=256 * KIB, max_size=4 * MIB, normalized_chunking=2)
    return [chunk.data for chunk in kernel.cut_buf(data)]


@chunkings
@settings(deadline=None, max_examples=40)
@given(start=st.integers(0, 12 * MIB), length=lengths, splits=st.lists(st.integers(0, 12 * MIB), max_size=8))
def test_blocks_are_the_stream_and_the_same_however_it_is_split(
    chunking: Chunking, start: int, length: int, splits: list[int]
) -> None:
    data = DATA[start : start + length]
    ends = [0, *sorted(min(split, length) for split in splits), length]
    blocks = cut(chunking, [data[before:after] for before, after in pairwise(ends)])
    assert blocks == in_one_go(chunking, data)
    assert b"".join(blocks) == data


@chunkings
@settings(deadline=None, max_examples=40)
@given(start=st.integers(0, 12 * MIB), length=lengths)
def test_sizes_are_within_the_limits_but_for_the_last(chunking: Chunking, start: int, length: int) -> None:
    sizes = [len(block) for block in cut(chunking, [DATA[start : start + length]])]
    assert all(SMALLEST[chunking] <= size <= LARGEST[chunking] for size in sizes[:-1])
    assert all(1 <= size <= LARGEST[chunking] for size in sizes[-1:])


@settings(deadline=None, max_examples=25)
@given(inserted=st.integers(1, 2000))
def test_an_insertion_in_front_changes_the_first_block_only(inserted: int) -> None:
    # One is the figure for this data and every number of bytes in the range; other data may need a few.
    before = {hashlib.sha256(block).digest() for block in cut(Chunking.FASTCDC, [DATA])}
    longer = cut(Chunking.FASTCDC, [hashlib.shake_256(b"%d" % inserted).digest(inserted), DATA])
    assert sum(hashlib.sha256(block).digest() not in before for block in longer) == 1
    assert len(before) > 15


@chunkings
def test_an_empty_stream_has_no_blocks(chunking: Chunking) -> None:
    assert cut(chunking, []) == []
    assert cut(chunking, [b"", bytearray(), memoryview(b"")]) == []
    assert list(cut_file(io.BytesIO(), chunking)) == []


@chunkings
def test_less_than_one_block_is_held_between_pieces(chunking: Chunking) -> None:
    cutting, fed, given_out = cutter(chunking), 0, 0
    for at in range(0, len(DATA), 100_003):
        piece = DATA[at : at + 100_003]
        fed += len(piece)
        given_out += sum(len(block) for block in cutting.feed(piece))
        assert fed - given_out < LARGEST[chunking]


@chunkings
@pytest.mark.parametrize("piece_bytes", [256 * KIB, len(DATA)])
def test_memory_is_bounded_whatever_the_stream_and_its_pieces(chunking: Chunking, piece_bytes: int) -> None:
    cutting = cutter(chunking)
    tracemalloc.start()
    try:
        for at in range(0, len(DATA), piece_bytes):
            for _ in cutting.feed(DATA[at : at + piece_bytes]):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A block with the caller and the one being filled; FastCDC: two of this data's blocks, and a window of 6 MiB.
    assert peak < {Chunking.FIXED: 2.1, Chunking.FASTCDC: 10.1}[chunking] * MIB


@chunkings
def test_a_small_stream_takes_little_memory(chunking: Chunking) -> None:
    tracemalloc.start()
    try:
        cut(chunking, [b"a small file"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * KIB


@chunkings
def test_a_block_is_the_callers_and_never_changes(chunking: Chunking) -> None:
    cutting, piece, kept = cutter(chunking), bytearray(256 * KIB), []
    for at in range(0, len(DATA), len(piece)):
        piece[:] = DATA[at : at + len(piece)]
        kept += cutting.feed(piece)
        piece[:] = bytes(len(piece))  # as a receive buffer that is used again
    kept += cutting.finish()
    assert b"".join(kept) == DATA


@chunkings
def test_pieces_of_any_item_format_are_bytes(chunking: Chunking) -> None:
    words = DATA[: 2 * MIB].cast("I")
    assert b"".join(cut(chunking, [words])) == DATA[: 2 * MIB]


@chunkings
@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_is_cut_from_its_position_to_its_end_as_a_stream_is(
    chunking: Chunking, buffering: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    with path.open("rb", buffering) as file:
        file.seek(12_345)
        assert list(cut_file(file, chunking)) == in_one_go(chunking, DATA[12_345:])


@chunkings
def test_a_file_that_reads_short_is_cut_to_its_end(chunking: Chunking) -> None:
    class Dribbling(io.BytesIO):
        def readinto(self, buffer: memoryview, /) -> int:
            return super().readinto(buffer[:70_001])

    assert list(cut_file(Dribbling(DATA[: 9 * MIB]), chunking)) == in_one_go(chunking, DATA[: 9 * MIB])


@chunkings
def test_a_read_error_is_raised_and_not_taken_for_the_end(chunking: Chunking) -> None:
    class Failing(io.BytesIO):
        def readinto(self, buffer: memoryview, /) -> int:
            if self.tell() >= 2 * MIB:
                raise OSError(5, "Input/output error")
            return super().readinto(buffer[:MIB])

    with pytest.raises(OSError, match="Input/output"):
        list(cut_file(Failing(DATA[: 9 * MIB]), chunking))


def test_cutting_loads_no_framework_no_database_and_no_client() -> None:
    heavy = {"fastapi", "starlette", "pydantic", "sqlalchemy", "celery", "httpx", "minio"}
    program = f"import sys, chunker.cutting; print(*{heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
