"""Many things cut into parts."""

import pytest

from foundation.parts import in_parts


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([], []),
        ([1, 1, 1, 1], [[1, 1, 1], [1]]),
        ([4, 6, 1], [[4, 6], [1]]),
        ([4, 7, 1], [[4], [7, 1]]),
        ([11, 1], [[11], [1]]),
        ([1, 11, 1], [[1], [11], [1]]),
    ],
    ids=["nothing", "their number", "just fit", "one too many bytes", "larger by itself", "larger among others"],
)
def test_a_part_ends_with_its_number_or_its_bytes(sizes: list[int], parts: list[list[int]]) -> None:
    assert list(in_parts(sizes, lambda size: size, most=3, most_bytes=10)) == parts


def test_no_more_is_taken_than_is_in_the_part_that_is_asked_for() -> None:
    taken = iter(range(100))
    assert next(in_parts(taken, lambda _: 1, most=3, most_bytes=10)) == [0, 1, 2]
    assert next(taken) == 3
