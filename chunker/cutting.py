"""Streams cut into blocks: fixed, or by content with FastCDC. Boundaries are frozen (docs/decisions/0003-cutting.md)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from pyfastcdc import FastCDC

from foundation.blocks import MAX_BLOCK_BYTES, MIB, Chunking

FIXED_BYTES = MIB
FASTCDC_MIN_BYTES = MIB // 4
FASTCDC_AVERAGE_BYTES = MIB
FASTCDC_MAX_BYTES = MAX_BLOCK_BYTES
FASTCDC_NORMALIZATION: Final = 2

_SMALLEST_BUFFER_BYTES = 32 * 1024
# What is left of a full window moves to its front, at 6 MiB once in two or three blocks. At 4 MiB, once a block,
# cutting is a quarter slower; more than 6 MiB gains nothing.
_WINDOW_BYTES = FASTCDC_MAX_BYTES + 2 * MIB

Block = bytes | bytearray


class Readable(Protocol):
    """A blocking binary file, as `Path.open("rb")` returns it."""

    def readinto(self, buffer: memoryview, /) -> int: ...


class Cutter(ABC):
    """Cuts one stream: `feed` each piece as it comes, then `finish`.

    Concatenated, the blocks are the stream, and they are the same however it was split into pieces. A block belongs to
    the caller, who may keep it: it is never changed later. Between calls less than one block of the largest size is
    held; the memory for it grows with the stream, to 1 MiB (fixed) or 6 MiB (FastCDC).
    """

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Block]:
        """The blocks that `data` completes. It is copied while they are taken: take all before it changes or ends."""
        rest = memoryview(data).cast("B")
        while rest:
            with self.room() as room:
                count = min(len(room), len(rest))
                room[:count] = rest[:count]
            rest = rest[count:]
            yield from self.filled(count)

    @abstractmethod
    def room(self) -> memoryview:
        """Free memory, at least one byte, to be filled from its front. Release it before the next call."""

    @abstractmethod
    def filled(self, count: int) -> Iterator[Block]:
        """Take the first `count` bytes of the last `room()` as the stream's next. The blocks that they complete."""

    @abstractmethod
    def finish(self) -> Iterator[Block]:
        """What is left when the stream has ended, as one or more blocks; none if the stream was empty."""


class FixedCutter(Cutter):
    """Blocks of 1 MiB and a last one of 1 byte to 1 MiB. Each is filled in place and handed over without a copy."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._end = 0
        self._first_bytes = _SMALLEST_BUFFER_BYTES

    def room(self) -> memoryview:
        if self._end == len(self._block):
            self._block = _grown(self._block, self._first_bytes, FIXED_BYTES)
        return memoryview(self._block)[self._end :]

    def filled(self, count: int) -> Iterator[Block]:
        self._end += count
        if self._end == FIXED_BYTES:
            block, self._block, self._end = self._block, bytearray(), 0
            self._first_bytes = FIXED_BYTES  # A long stream: from its second block on nothing grows.
            yield block

    def finish(self) -> Iterator[Block]:
        block, count = self._block, self._end
        self._block, self._end = bytearray(), 0
        del block[count:]
        if block:
            yield block


class FastCdcCutter(Cutter):
    """Blocks of 256 KiB to 4 MiB, 1 MiB on average, cut where the content says (FastCDC 2020, Xia et al., IEEE TPDS).

    A boundary depends on the block's own bytes only, so an insertion changes the blocks
    around it and no others. It is sought once 4 MiB are there, the most a block can have, or at the end: never twice.
    """

    def __init__(self) -> None:
        self._kernel = FastCDC(
            FASTCDC_AVERAGE_BYTES,
            min_size=FASTCDC_MIN_BYTES,
            max_size=FASTCDC_MAX_BYTES,
            normalized_chunking=FASTCDC_NORMALIZATION,
        )
        self._window = bytearray()
        self._start = 0
        self._end = 0

    def room(self) -> memoryview:
        if self._end == len(self._window):
            self._make_room()
        return memoryview(self._window)[self._end :]

    def _make_room(self) -> None:
        if len(self._window) < _WINDOW_BYTES:
            self._window = _grown(self._window, _SMALLEST_BUFFER_BYTES, _WINDOW_BYTES)
            return
        held = self._end - self._start
        with memoryview(self._window) as window:
            window[:held] = window[self._start : self._end]
        self._start, self._end = 0, held

    def filled(self, count: int) -> Iterator[Block]:
        self._end += count
        while self._end - self._start >= FASTCDC_MAX_BYTES:
            yield self._next_block()

    def finish(self) -> Iterator[Block]:
        while self._start < self._end:
            yield self._next_block()

    def _next_block(self) -> bytes:
        held = memoryview(self._window)[self._start : self._end]
        # A copy: a view would keep 6 MiB alive for each block, and the window is written again.
        block = bytes(next(self._kernel.cut_buf(held)).data)
        self._start += len(block)
        return block


def _grown(buffer: bytearray, least: int, most: int) -> bytearray:
    """`buffer` four times as long, `least` to `most` bytes: 10,000 small files do not each zero a whole window."""
    larger = bytearray(min(most, max(least, 4 * len(buffer))))
    larger[: len(buffer)] = buffer
    return larger


def cutter(chunking: Chunking) -> Cutter:
    """A new cutter for one stream."""
    return FixedCutter() if chunking is Chunking.FIXED else FastCdcCutter()


def cut_file(file: Readable, chunking: Chunking) -> Iterator[Block]:
    """The blocks of `file` from its position to its end, read straight into the cutter's memory. Raises OSError."""
    blocks = cutter(chunking)
    while True:
        with blocks.room() as room:
            count = file.readinto(room)
        if count == 0:
            break
        yield from blocks.filled(count)
    yield from blocks.finish()


def check_sizes(chunking: Chunking, sizes: Sequence[int]) -> None:
    """Refuse a content's block sizes, in order, unless `chunking` can give them; 100,000 take 2 ms.

    Fixed: each exactly 1 MiB, the last 1 byte to 1 MiB. FastCDC: 256 KiB to 4 MiB, the last 1 byte to 4 MiB. An empty
    content has no blocks. Raises ValueError, which names the first index at fault and the rule.
    """
    if not sizes:
        return
    low, high = (FIXED_BYTES, FIXED_BYTES) if chunking is Chunking.FIXED else (FASTCDC_MIN_BYTES, FASTCDC_MAX_BYTES)
    last = len(sizes) - 1
    # min and max run in C, and only a refusal looks at each size.
    if last and (min(inner := sizes[:last]) < low or max(inner) > high):
        index = next(index for index, size in enumerate(inner) if not low <= size <= high)
        allowed = f"exactly {low:,}" if low == high else f"{low:,} to {high:,}"
        raise ValueError(f"chunk {index} has {sizes[index]:,} bytes; all but the last have {allowed} ({chunking})")
    if not 1 <= sizes[last] <= high:
        raise ValueError(f"chunk {last} has {sizes[last]:,} bytes; the last has 1 to {high:,} ({chunking})")
