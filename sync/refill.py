"""Blocks that lie in fewer copies than the store has get the others again: after a lost disk, or puts that did with fewer."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Protocol

from block_storage import BlockDamaged, BlockNotFound, BlockStore, FilesystemBlockStore
from foundation.blocks import BlockName
from sync.chore import DAY, Chore, Pause, Queue


class Mender(BlockStore, Protocol):
    """A store that keeps several copies, as FilesystemBlockStore does."""

    def uneven(self, names: Collection[BlockName]) -> Sequence[BlockName]:
        """Those that are not the same in every copy, as far as a look at their sizes shows."""

    def mend(self, name: BlockName) -> int:
        """Rewrite the copies that are absent or wrong from one that hashes right; how many."""


def mend_copies(store: Mender, pause: Pause) -> int:
    """Look at every block of the store and mend what has too few copies; how many copies were written. Repeatable.

    It asks no catalogue: a name that nobody knows any more is mended too, and goes as a whole when the eraser or the sweeper comes.
    A block without any right copy is left to whoever reads it. Raises StorageFailed while a copy's folder is not there.
    """
    written, after = 0, None
    while names := store.list(after):
        for name in store.uneven(names):
            try:
                written += store.mend(name)
            except (BlockDamaged, BlockNotFound):
                continue
        after = names[-1]
        pause()
    return written


def mending(store: BlockStore, pause: Pause) -> Sequence[Chore]:
    """The daily chore of the process that has the store's folders, where there are several copies."""
    if isinstance(store, FilesystemBlockStore) and store.has_copies:
        return (Chore(Queue.SCRUB, "refill", DAY, partial(mend_copies, store, pause)),)
    return ()
