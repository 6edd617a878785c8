"""Blocks that lie in fewer copies than the store has get the others again: after a lost disk, or puts that did with fewer."""

from typing import Protocol

from block_storage import BlockDamaged, BlockNotFound, BlockStore, Presence
from foundation.blocks import BlockName
from metadata import Installation
from sync.collect import Pause
from sync.inspection import pages, presences


class Mender(BlockStore, Protocol):
    """A store that keeps several copies, as FilesystemBlockStore does."""

    def mend(self, name: BlockName) -> int:
        """Rewrite the copies that are absent or wrong from one that hashes right; how many."""


def mend_copies(installation: Installation, store: Mender, pause: Pause) -> int:
    """Look at every registered block and mend what has too few copies; how many copies were written. Repeatable.

    A block without any right copy is left to whoever reads it. Raises StorageFailed while a copy's folder is not there.
    """
    written = 0
    for page in pages(installation):
        for block, presence in presences(store, page).items():
            if presence is Presence.DEGRADED:
                try:
                    written += store.mend(block.name)
                except (BlockDamaged, BlockNotFound):
                    continue
        pause()
    return written
