"""The catalogue's seam for collection (ALGORITHMS.md 1). As metadata.seams: one transaction a method. For workers only."""

from collections.abc import Collection as Several
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from foundation.blocks import BlockId, BlockName
from foundation.repeatable import repeatable


@dataclass(frozen=True, slots=True)
class Collected:
    """One page of collection. `last` is where the next page begins, None: the end is reached."""

    last: int | None
    removed: int
    skipped: int


class Collection(Protocol):
    """Everything that takes away what nobody needs (ALGORITHMS.md 1). Every method is one short slice and repeatable."""

    @repeatable
    def collect_contents(self, after: int, limit: int = 200) -> Collected:
        """A page of candidate contents: those that no version and no open upload names go; their blocks become candidates."""

    @repeatable
    def collect_blocks(self, after: int, limit: int = 500) -> Collected:
        """A page of candidate blocks: those that no chunk and no open upload names go; their names are dead."""

    @repeatable
    def due_names(self, limit: int = 200) -> Sequence[BlockName]:
        """Dead names past their time; none while a backup holds."""

    @repeatable
    def forget(self, names: Several[BlockName]) -> int:
        """These dead names' bytes are erased: how many, of those whose size is known and that were not forgotten before."""

    @repeatable
    def bury_orphans(self, names: Several[BlockName]) -> int:
        """Of names seen in the store: those not registered, not dead, and whose writer has ended, become dead. How many."""

    @repeatable
    def expire_uploads(self, limit: int = 20) -> int:
        """End open uploads that nobody touched for their time. On how many it worked: one that holds much takes several slices."""

    @repeatable
    def purge_expired(self, limit: int = 150) -> int:
        """Remove versions, files in the trash and deleted buckets past their `purge_after`. How many versions.

        One bucket a slice. A version with very many chunks is counted in reads before; its chunks go by `collect_contents`.
        """

    @repeatable
    def close_accounts(self, limit: int = 200) -> int:
        """A slice of what users leave behind whose accounts close: buckets (which `purge_expired` takes), memberships, uploads, …

        On how many rows it worked; 0 also while deleted buckets still wait for their purge, so call it again later.
        """

    @repeatable
    def index_texts(self, limit: int = 200) -> int:
        """Search's index catches up with texts that changed. Of how many files; where it is always in step, none."""

    @repeatable
    def nominate_unreferenced(self, after: BlockId | None, limit: int = 500) -> tuple[BlockId | None, int]:
        """Reconcile: blocks and contents without any reference become candidates; where the next slice begins, how many."""

    @repeatable
    def recount(self, after: UUID | None) -> tuple[UUID | None, bool]:
        """The counters of the next bucket: its id, None behind the last; had they drifted? Locks none, right whatever is committed."""

    @repeatable
    def record_days(self, limit: int = 500) -> int:
        """Write down what some of the buckets held at the end of yesterday, where nobody has yet. Of how many."""

    @repeatable
    def prune(self, limit: int = 200) -> int:
        """Forget uploads that ended long ago, and idempotency keys past their time. How many rows."""
