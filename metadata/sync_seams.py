"""The catalogue's seams for verification (ALGORITHMS.md 4, 5). As metadata.seams: one transaction a method, `caller` decides."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from foundation.blocks import BlockId, BlockName
from foundation.identity import Identity
from foundation.repeatable import repeatable
from metadata.model import Page
from metadata.seams import RegisteredBlock
from metadata.sync_model import (
    EventHint,
    EventQuery,
    FileSync,
    Job,
    JobChunk,
    Notice,
    OpenChecks,
    Outcome,
    ScrubRound,
    ScrubStep,
    SyncEvent,
    SyncFigures,
    Verdict,
    WantedBlock,
    WorkerState,
)


class Jobs(Protocol):
    """Sync events as work: claimed under a lease, worked on, and finished by whoever still has it. For workers only."""

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Job]:
        """Pending events whose time has come, oldest first. Their attempt is counted now. Two workers never get the same."""

    def reclaim(self, worker: str, lease: timedelta) -> Job | None:
        """One event whose lease lapsed: whoever had it is gone, or it is what ends its workers, so it is taken alone.

        Events that had all their attempts are failed on the way, with a reason.
        """

    @repeatable
    def chunks(self, events: Several[UUID]) -> Mapping[UUID, Sequence[JobChunk]]:
        """All chunks of the versions of these events, in order. Raises Invalid for more than 10,000 together."""

    @repeatable
    def chunks_from(self, event: UUID, first_index: int, limit: int) -> Sequence[JobChunk]:
        """A page of one version's chunks."""

    @repeatable
    def judge(self, verdicts: Sequence[Verdict]) -> set[BlockName]:
        """Write each where it holds; what it changes becomes a finding in the same transaction. Those that do not hold any more.

        Not of a name that is not the block's now, nor STORED of a block that was marked after the look at it began.
        MISSING does not replace DAMAGED. STORED without `is_read` changes no state but the time of the look.
        """

    @repeatable
    def progress(self, job: tuple[UUID, int], worker: str, chunks_verified: int, lease: timedelta) -> bool:
        """`job`: event and attempts. The lease begins anew; False: it is not this worker's any more, so stop."""

    @repeatable
    def finish(self, worker: str, outcomes: Sequence[Outcome]) -> int:
        """How many were written: those that still were this worker's. Dates the version's proof, counts the outcomes."""

    @repeatable
    def release(self, worker: str, jobs: Sequence[tuple[UUID, int]]) -> None:
        """Give back untouched (event and attempts): pending at once, the attempt not counted."""

    @repeatable
    def dead_names(self, ids: Several[BlockId]) -> Mapping[BlockId, Sequence[BlockName]]:
        """Names under which bytes of these blocks may still lie, not yet erased."""

    @repeatable
    def broken(self, after: BlockId | None, limit: int = 200) -> Sequence[RegisteredBlock]:
        """Blocks that are damaged or missing, by id, beginning behind `after`."""

    def open_repair(self) -> tuple[UUID, int]:
        """An upload of the catalogue's own: its id, and the writer's number for names. Blocks.register takes what it wrote."""

    @repeatable
    def close_repair(self, upload: UUID) -> None:
        """It ends as an upload does; what it registered stays with the files that use it."""

    @repeatable
    def tell(self, limit: int = 100) -> int:
        """A slice of the findings reaches the events of the files that use the blocks, and the notices. On how many it worked.

        Damage fails the newest event of each version; healing makes failed ones pending again.
        """

    @repeatable
    def spread(self, limit: int = 500) -> int:
        """A slice of the buckets to be verified now: the newest event of each file is pending again. On how many it worked."""

    @repeatable
    def revive(self, limit: int = 200) -> int:
        """Reconcile: failed events of versions whose blocks are all stored are pending again. How many."""

    @repeatable
    def prune_events(self, limit: int = 500) -> int:
        """Forget events that ended long ago, but never the newest of a file that is there; outcomes and notices likewise. How many."""

    @repeatable
    def backlog(self) -> tuple[Mapping[str, int], datetime | None]:
        """Events by status (pending, processing, failed), and since when the oldest unfinished one waits. For metrics."""

    @repeatable
    def clock(self) -> datetime:
        """The database's."""


class Proofs(Protocol):
    """Rounds of reading everything stored. For workers only, but for `request`."""

    @repeatable
    def current(self) -> ScrubRound | None:
        """The round that goes on."""

    @repeatable
    def request(self, caller: Identity, *, is_urgent: bool) -> ScrubRound:
        """Begin a round over everything, as it stands now; one that goes on becomes urgent. For administrators."""

    @repeatable
    def begin(self, every: timedelta) -> ScrubRound | None:
        """The round that goes on; a new one where the last began longer than `every` ago, or none ever was; else None."""

    def lease(self, number: int, worker: str, lease: timedelta) -> bool:
        """Whether the round is this worker's until the lease ends: it had it, or nobody has."""

    @repeatable
    def unproved(self, number: int, limit: int = 200) -> Sequence[RegisteredBlock]:
        """Blocks not read since the round began: the never read, those with the oldest proof, then the damaged and missing.

        A damaged or missing one that was judged since, whatever that showed, and what was registered since are not of this round.
        One of which nothing was found out comes again.
        """

    def advance(self, number: int, worker: str, step: ScrubStep) -> None:
        """Count what was read, where the round is this worker's."""

    @repeatable
    def end(self, number: int) -> None:
        """Nothing is left to read."""

    @repeatable
    def date_versions(self, after: UUID | None, limit: int = 500) -> UUID | None:
        """ "Verified on" of the next versions becomes the oldest proof of their blocks; the last looked at, None at the end.

        Never earlier than the version or its date; only where all are stored and read, and a check has dated it before.
        """

    def seen(self, worker: str, doing: str) -> None:
        """This worker lives. Those not seen for a day are forgotten."""

    @repeatable
    def workers(self) -> Sequence[WorkerState]:
        """Those seen in the last day, by name."""

    def due_notices(self, limit: int, lease: timedelta) -> Sequence[Notice]:
        """Notices to be sent now; nobody else gets them while the lease lasts. The attempt is counted."""

    @repeatable
    def noticed(self, id: UUID, again_in: timedelta | None, error: str | None) -> None:
        """One is delivered (no error), given up (no `again_in`), or tried again."""


class SyncRecords(Protocol):
    """What verification tells people: of the buckets they see; everything for administrators."""

    @repeatable
    def events(self, caller: Identity, query: EventQuery) -> Page[SyncEvent]:
        """A page may be shorter than the limit, even empty, and not be the last: `next_key` alone tells.

        Raises BucketNotFound, FileNotFound for a filter that names what the caller may not see; CursorInvalid.
        """

    @repeatable
    def event(self, caller: Identity, event_id: UUID) -> SyncEvent:
        """Raises EventNotFound."""

    @repeatable
    def file_status(self, caller: Identity, file_id: UUID) -> FileSync:
        """Raises FileNotFound; EventNotFound where nothing is known of it yet."""

    @repeatable
    def open_checks(self, caller: Identity, versions: Mapping[UUID, UUID]) -> OpenChecks:
        """For a list of files, in few statements. `versions`: by version its file; what the caller may not see is left out."""

    @repeatable
    def retry(self, caller: Identity, event_id: UUID) -> SyncEvent:
        """A failed one is pending again, its attempts begin anew; any other stays as it is. Raises EventNotFound, Forbidden."""

    @repeatable
    def retry_all(self, caller: Identity) -> int:
        """All failed ones of the caller's own, for an administrator of everybody; how many. In slices: it may end half done."""

    @repeatable
    def verify_file(self, caller: Identity, file_id: UUID) -> SyncEvent:
        """Read every byte again: the newest event of the file is pending. Raises FileNotFound, Forbidden."""

    @repeatable
    def verify_bucket(self, caller: Identity, bucket: str) -> int:
        """The same for each live file, by Jobs.spread, in place of one that waits; how many files. Raises BucketNotFound, Forbidden."""

    @repeatable
    def wanted(self, caller: Identity, after: BlockId | None, limit: int) -> Sequence[WantedBlock]:
        """Damaged or missing blocks of versions in the caller's own buckets, by id."""

    @repeatable
    def figures(self, caller: Identity) -> SyncFigures:
        """For the dashboard."""

    @repeatable
    def hints(self, owners: Several[UUID], since: datetime, limit: int) -> Sequence[EventHint]:
        """Events of these owners that changed after `since`, oldest change first, in one statement. For services only."""
