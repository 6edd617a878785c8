"""Run by the fault tests in a process of its own: put one block, then another, and say how each went.

Arguments: the seed of the blocks, then the folders of the copies. Says `put` before the first, then `stored` or the
problem's slug for each.
"""

import os
import sys

from block_storage.filesystem import FilesystemBlockStore
from foundation.blocks import BlockId, BlockName
from foundation.problems import Problem

SIZE = 20_000


def block(seed: str) -> tuple[BlockName, bytes]:
    """The same name and bytes in the child and in the test."""
    data = (seed.encode() * SIZE)[:SIZE]
    return BlockName(BlockId.of(data), 1, "0123456789abcdef"), data


def say(word: str) -> None:
    line = f"{word}\n".encode()
    try:
        os.write(1, line)
    except OSError:  # The fault met this write: it is over now.
        os.write(1, line)


def main(seed: str, *paths: str) -> None:
    store = FilesystemBlockStore(paths)
    for which in (seed, seed + "-next"):
        say("put")
        try:
            store.put(*block(which))
        except Problem as problem:
            say(problem.slug)
        else:
            say("stored")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
