"""Which block sizes a bucket's chunking can give, and what is said of those it cannot."""

import hashlib
import time

import pytest

from chunker.cutting import check_sizes, cutter
from foundation.blocks import MIB, Chunking

KIB = 1024


@pytest.mark.parametrize(
    ("chunking", "sizes"),
    [
        (Chunking.FIXED, []),
        (Chunking.FIXED, [1]),
        (Chunking.FIXED, [MIB]),
        (Chunking.FIXED, [MIB, MIB, 1]),
        (Chunking.FIXED, (MIB, MIB, MIB)),
        (Chunking.FASTCDC, []),
        (Chunking.FASTCDC, [1]),
        (Chunking.FASTCDC, [4 * MIB]),
        (Chunking.FASTCDC, [256 * KIB, 4 * MIB, 1]),
        (Chunking.FASTCDC, (MIB, MIB, 4 * MIB)),
    ],
)
def test_sizes_that_fit_pass(chunking: Chunking, sizes: list[int]) -> None:
    check_sizes(chunking, sizes)


@pytest.mark.parametrize(
    ("chunking", "sizes", "said"),
    [
        (Chunking.FIXED, [0], "chunk 0 has 0 bytes; the last has 1 to 1,048,576 (fixed)"),
        (Chunking.FIXED, [-1], "chunk 0 has -1 bytes; the last has 1 to 1,048,576 (fixed)"),
        (Chunking.FIXED, [MIB, MIB + 1], "chunk 1 has 1,048,577 bytes; the last has 1 to 1,048,576 (fixed)"),
        (Chunking.FIXED, [MIB, 0], "chunk 1 has 0 bytes; the last has 1 to 1,048,576 (fixed)"),
        (Chunking.FIXED, [MIB, 5, 7, MIB], "chunk 1 has 5 bytes; all but the last have exactly 1,048,576 (fixed)"),
        (Chunking.FIXED, [2 * MIB, 1], "chunk 0 has 2,097,152 bytes; all but the last have exactly 1,048,576 (fixed)"),
        (Chunking.FASTCDC, [0], "chunk 0 has 0 bytes; the last has 1 to 4,194,304 (fastcdc)"),
        (Chunking.FASTCDC, [4 * MIB + 1], "chunk 0 has 4,194,305 bytes; the last has 1 to 4,194,304 (fastcdc)"),
        (
            Chunking.FASTCDC,
            [MIB, 256 * KIB - 1, 1],
            "chunk 1 has 262,143 bytes; all but the last have 262,144 to 4,194,304 (fastcdc)",
        ),
        (
            Chunking.FASTCDC,
            [MIB, 4 * MIB + 1, 1],
            "chunk 1 has 4,194,305 bytes; all but the last have 262,144 to 4,194,304 (fastcdc)",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_refused_with_the_first_index_and_the_rule(
    chunking: Chunking, sizes: list[int], said: str
) -> None:
    with pytest.raises(ValueError) as refused:
        check_sizes(chunking, sizes)
    assert str(refused.value) == said


@pytest.mark.parametrize("chunking", list(Chunking))
@pytest.mark.parametrize("length", [0, 1, MIB - 1, MIB, MIB + 1, 4_281_445, 9 * MIB])
def test_what_a_cutter_gives_fits(chunking: Chunking, length: int) -> None:
    cutting = cutter(chunking)
    blocks = [*cutting.feed(hashlib.shake_256(b"fits").digest(length)), *cutting.finish()]
    check_sizes(chunking, [len(block) for block in blocks])


def test_the_fixed_blocks_of_4281445_bytes_are_five() -> None:
    cutting = cutter(Chunking.FIXED)
    blocks = [*cutting.feed(bytes(4_281_445)), *cutting.finish()]
    assert [len(block) for block in blocks] == [MIB, MIB, MIB, MIB, 87_141]


@pytest.mark.parametrize("chunking", list(Chunking))
def test_100000_sizes_are_checked_in_milliseconds(chunking: Chunking) -> None:
    sizes = [MIB] * 100_000
    started = time.process_time()
    check_sizes(chunking, sizes)
    assert time.process_time() - started < 0.05
