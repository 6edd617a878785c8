"""What the chores are made of."""

from dataclasses import dataclass

from block_storage import BlockStore
from metadata import Blocks, Collection
from sync.chore import Queue
from sync.two_truths import TwoTruths


@dataclass(frozen=True, slots=True)
class Parts:
    """`process`: the name of the process that works (worker_name)."""

    process: str
    collection: Collection
    blocks: Blocks
    store: BlockStore
    truths: TwoTruths

    def worker(self, queue: Queue) -> str:
        """Under which name the chores of `queue` claim work here, and tell that they live."""
        return f"{self.process}-{queue}"
