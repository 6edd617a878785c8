"""Work cut so that a piece ends soon."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from foundation.blocks import MIB

T = TypeVar("T")

SLICE_ITEMS = 256
SLICE_BYTES = 32 * MIB


def slices(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[Sequence[T]]:
    """In order; each of at most SLICE_ITEMS, and of SLICE_BYTES but for its last item."""
    piece: list[T] = []
    size = 0
    for item in items:
        piece.append(item)
        size += size_of(item)
        if len(piece) == SLICE_ITEMS or size >= SLICE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
