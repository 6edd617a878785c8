"""What slipped is found and put right, each by a small function and each with its own count (ALGORITHMS.md 4, "Reconcile")."""

from collections.abc import Callable, Sequence
from collections.abc import Collection as Several
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from foundation.blocks import BlockId, BlockName
from metadata import Collected, Collection, Jobs
from sync.chore import Pause, drained

Count = Callable[[str, int], None]

STUCK_EVENTS = "stuck-events"
REVIVED_EVENTS = "revived-events"
PRUNED_EVENTS = "pruned-events"
CLOSED_ACCOUNTS = "closed-accounts"
EXPIRED_UPLOADS = "expired-uploads"
EXPIRED_VERSIONS = "expired-versions"
COLLECTED_CONTENTS = "collected-contents"
COLLECTED_BLOCKS = "collected-blocks"
ERASED_NAMES = "erased-names"
ORPHANS = "orphans"
UNREFERENCED = "unreferenced"
DRIFTED_COUNTERS = "drifted-counters"


class Reconciled:
    """`cairn_reconciled_total`, by what it was, and `cairn_erased_bytes_total`. Thread-safe."""

    def __init__(self) -> None:
        self._total = Counter("cairn_reconciled", "What reconciliation put right", ["what"], registry=None)
        self._bytes = Counter("cairn_erased_bytes", "Bytes of blocks that were erased", registry=None)

    def register(self, registry: CollectorRegistry) -> None:
        """Show it among the metrics of a service."""
        registry.register(self._total)
        registry.register(self._bytes)

    def erased(self, size: int) -> None:
        self._bytes.inc(size)

    def __call__(self, what: str, number: int) -> None:
        if number:
            self._total.labels(what).inc(number)


def revive(jobs: Jobs, count: Count, pause: Pause) -> int:
    """Failed events of versions whose blocks are all stored again are pending again. How many."""
    return drained(_counted(jobs.revive, count, REVIVED_EVENTS), pause)


def prune_events(jobs: Jobs, count: Count, pause: Pause) -> int:
    """Forget what ended long ago. How many rows."""
    return drained(_counted(jobs.prune_events, count, PRUNED_EVENTS), pause)


def _counted(slice_of: Callable[[], int], count: Count, what: str) -> Callable[[], int]:
    def counted() -> int:
        done = slice_of()
        count(what, done)
        return done

    return counted


class CountedCollection:
    """A decorator of Collection: each slice is counted when it is done, whether or not the pass comes to its end."""

    def __init__(self, collection: Collection, count: Reconciled) -> None:
        self._collection, self._count = collection, count

    def collect_contents(self, after: int, limit: int = 200) -> Collected:
        page = self._collection.collect_contents(after, limit)
        self._count(COLLECTED_CONTENTS, page.removed)
        return page

    def collect_blocks(self, after: int, limit: int = 500) -> Collected:
        page = self._collection.collect_blocks(after, limit)
        self._count(COLLECTED_BLOCKS, page.removed)
        return page

    def due_names(self, limit: int = 200) -> Sequence[BlockName]:
        return self._collection.due_names(limit)

    def forget(self, names: Several[BlockName]) -> int:
        size = self._collection.forget(names)
        self._count(ERASED_NAMES, len(names))
        self._count.erased(size)
        return size

    def bury_orphans(self, names: Several[BlockName]) -> int:
        buried = self._collection.bury_orphans(names)
        self._count(ORPHANS, buried)
        return buried

    def close_accounts(self, limit: int = 200) -> int:
        gone = self._collection.close_accounts(limit)
        self._count(CLOSED_ACCOUNTS, gone)
        return gone

    def expire_uploads(self, limit: int = 20) -> int:
        ended = self._collection.expire_uploads(limit)
        self._count(EXPIRED_UPLOADS, ended)
        return ended

    def purge_expired(self, limit: int = 200) -> int:
        purged = self._collection.purge_expired(limit)
        self._count(EXPIRED_VERSIONS, purged)
        return purged

    def index_texts(self, limit: int = 200) -> int:
        return self._collection.index_texts(limit)

    def nominate_unreferenced(self, after: BlockId | None, limit: int = 500) -> tuple[BlockId | None, int]:
        last, nominated = self._collection.nominate_unreferenced(after, limit)
        self._count(UNREFERENCED, nominated)
        return last, nominated

    def recount(self, after: UUID | None) -> tuple[UUID | None, bool]:
        last, had_drifted = self._collection.recount(after)
        self._count(DRIFTED_COUNTERS, int(had_drifted))
        return last, had_drifted

    def record_days(self, limit: int = 500) -> int:
        return self._collection.record_days(limit)

    def prune(self, limit: int = 200) -> int:
        return self._collection.prune(limit)
