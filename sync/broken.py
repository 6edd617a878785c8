"""What is known to be damaged or missing is looked at again: a copy may be back, and a dead name may have the bytes."""

from block_storage import BlockStore
from metadata import BlockState, Jobs
from sync.chore import Pause
from sync.examination import Examination
from sync.slices import slices


def mend_broken(jobs: Jobs, store: BlockStore, examination: Examination, pause: Pause) -> int:
    """How many are whole again. Raises StorageFailed where the store is down."""
    store.ready()
    healed, after = 0, None
    while blocks := jobs.broken(after):
        for piece in slices(blocks, lambda block: block.stored_size):
            sights = examination.examine(piece)
            healed += sum(sight.state is BlockState.STORED for sight in sights.values())
            pause()
        after = blocks[-1].name.id
    return healed
