"""Run by the fault tests in a process of its own: put one block, then another, or two groups, and say how each went.

Arguments: how many blocks at once, the seed of the blocks, then the folders of the copies. Says `put` before each, then
`stored` or the problem's slug.
"""

import os
import sys

from block_storage.filesystem import FilesystemBlockStore
from foundation.blocks import BlockId, BlockName
from foundation.problems import Problem

SIZE = 20_000


def blocks(seed: str, count: int) -> list[tuple[BlockName, bytes]]:
    """The same names and bytes in the child and in the test."""
    contents = [(f"{seed}-{number}".encode() * SIZE)[:SIZE] for number in range(count)]
    return [(BlockName(BlockId.of(data), 1, "0123456789abcdef"), data) for data in contents]


def put(store: FilesystemBlockStore, seed: str, count: int) -> None:
    if count == 1:
        store.put(*blocks(seed, 1)[0])
    elif any(store.put_many(blocks(seed, count))):
        raise AssertionError


def say(word: str) -> None:
    line = f"{word}\n".encode()
    try:
        os.write(1, line)
    except OSError:  # The fault met this write: it is over now.
        os.write(1, line)


def main(count: str, seed: str, *paths: str) -> None:
    store = FilesystemBlockStore(paths)
    for which in (seed, seed + "-next"):
        say("put")
        try:
            put(store, which, int(count))
        except Problem as problem:
            say(problem.slug)
        else:
            say("stored")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
