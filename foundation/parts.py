"""Many things cut into parts that end soon, or fit into one body."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parts(items: Iterable[T], size_of: Callable[[T], int], most: int, most_bytes: int) -> Iterator[Sequence[T]]:
    """`items` in their order, in as few parts as may be: each of at most `most`, and of at most `most_bytes` together.

    One that is larger by itself is a part by itself. `size_of`: in bytes.
    """
    part: list[T] = []
    size = 0
    for item in items:
        if part and size + size_of(item) > most_bytes:
            yield part
            part, size = [], 0
        part.append(item)
        size += size_of(item)
        if len(part) == most:
            yield part
            part, size = [], 0
    if part:
        yield part
