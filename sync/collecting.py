"""Collection (ALGORITHMS.md 1): what is past its time ends, what nobody names goes, dead bytes are erased, orphans are found.

Plain functions over the catalogue's Collection and a block store: safe to repeat, to interrupt, and to run at any number at once.
Each works in slices of one short transaction; `pause` runs between them, so that whoever else waits for the database comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from block_storage import BlockStore
from foundation.blocks import BlockName
from metadata import Collected, Collection
from sync.chore import Pause, drained

Seen = Callable[[Sequence[BlockName]], None]


@dataclass(frozen=True, slots=True)
class Ended:
    uploads: int
    versions: int


def expire(collection: Collection, pause: Pause) -> Ended:
    """End the uploads nobody touched, purge the versions past their retention."""
    return Ended(drained(collection.expire_uploads, pause), drained(collection.purge_expired, pause))


def close(collection: Collection, pause: Pause) -> int:
    """What users leave behind whose accounts close. On how many rows it worked."""
    return drained(collection.close_accounts, pause)


def collect(collection: Collection, pause: Pause) -> int:
    """Remove candidate contents, then candidate blocks, that nothing names; how many went. Each pass goes from 0 to the end."""
    contents = _passed(collection.collect_contents, pause)
    return contents + _passed(collection.collect_blocks, pause)


def erase(collection: Collection, store: BlockStore, pause: Pause) -> int:
    """Erase the bytes of dead names past their time; how many. It needs no second look: a name is dead for ever."""
    erased = 0
    while names := collection.due_names():
        store.delete(names)
        # A crash before this line repeats a harmless delete.
        collection.forget(names)
        erased += len(names)
        pause()
    return erased


def sweep(collection: Collection, store: BlockStore, seen: Seen, pause: Pause) -> int:
    """Find bytes that belong to nobody: left by uploads that ended, or by a crash between put and register. How many.

    `seen` raises where a listing shows that the catalogue is older than the store: then its word on what is garbage is void.
    """
    buried, after = 0, None
    while names := store.list(after):
        seen(names)
        buried += collection.bury_orphans(names)
        after = names[-1]
        pause()
    return buried


def nominate(collection: Collection, pause: Pause) -> int:
    """Reconcile: contents and blocks without any reference become candidates, should one ever have slipped. How many."""
    found, after = 0, None
    while True:
        after, nominated = collection.nominate_unreferenced(after)
        found += nominated
        if after is None:
            return found
        pause()


def recount(collection: Collection, pause: Pause) -> int:
    """Reconcile: the counters of every bucket. How many had drifted."""
    drifted, after = 0, None
    while True:
        after, had_drifted = collection.recount(after)
        if after is None:
            return drifted
        drifted += had_drifted
        pause()


def prune(collection: Collection, pause: Pause) -> int:
    """Forget rows that ended long ago and only answered repetitions. How many."""
    return drained(collection.prune, pause)


def record_days(collection: Collection, pause: Pause) -> int:
    """What each bucket held at the end of yesterday, once. Of how many."""
    return drained(collection.record_days, pause)


def index(collection: Collection, pause: Pause) -> int:
    """Search's index catches up with files that were renamed, described, deleted or taken back. How many."""
    return drained(collection.index_texts, pause)


def _passed(page_after: Callable[[int], Collected], pause: Pause) -> int:
    removed, last = 0, 0
    while True:
        page = page_after(last)
        removed += page.removed
        if page.last is None:
            return removed
        last = page.last
        pause()
