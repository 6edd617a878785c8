"""Work cut so that a piece ends soon."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from foundation.blocks import MIB
from foundation.parts import in_parts

T = TypeVar("T")

SLICE_ITEMS = 256
SLICE_BYTES = 32 * MIB


def slices(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[Sequence[T]]:
    """In order; see foundation.parts."""
    return in_parts(items, size_of, SLICE_ITEMS, SLICE_BYTES)
