"""The values of verification, as they cross the catalogue's seam. Immutable; times are aware UTC; sizes are bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from foundation.blocks import BlockId, BlockName
from metadata.model import BlockState, ChangeKind


class EventStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class FindingKind(StrEnum):
    """What was found out of a block, and has to be told to every file that uses it."""

    DAMAGED = "damaged"
    MISSING = "missing"
    HEALED = "healed"  # it was damaged or missing, and is whole again
    MENDED = "mended"  # a copy was written again; the block was never unreadable


class NoticeKind(StrEnum):
    FILE_DAMAGED = "file.damaged"
    FILE_HEALED = "file.healed"


# --- for the workers ---


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed sync event, with what the catalogue says now of the version that it is about.

    `version_bucket` None: the version is gone. `content` None: there is nothing to read (a delete marker, a bucket's event).
    """

    event_id: UUID
    attempts: int  # this one included
    type: ChangeKind
    owner: UUID  # the event's
    bucket_id: UUID
    file_id: UUID | None
    version_id: UUID | None
    bucket_owner: UUID | None  # None: the bucket is gone
    file_bucket: UUID | None  # None: the file is gone
    version_bucket: UUID | None
    content: UUID | None
    num_chunks: int
    size: int
    reads_since: datetime | None  # blocks proved before it are read again, whatever is known of them
    origin: str | None = None  # foundation.tracing.origin of the request that made it


@dataclass(frozen=True, slots=True)
class JobChunk:
    """A chunk of a job's version. `is_held`: the bucket's owner or who made the version may use the block."""

    index: int
    offset: int
    size: int
    name: BlockName
    stored_size: int
    xxh3: int
    state: BlockState
    verified_at: datetime | None
    checked_at: datetime | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. It is written only while the event still is this worker's and of these `attempts`.

    PENDING: again, `again_in` from now, or after the backoff of its attempts (then FAILED once there were enough);
    `is_counted` False: this attempt was none, for what it waits for has nothing to do with it.
    `proved_at`: the oldest proof of its blocks; of those read in this attempt: when it began. None: all were proved just now.
    `missing_chunks`: of what failed because parts are missing.
    """

    event_id: UUID
    attempts: int
    status: EventStatus
    chunks_verified: int = 0
    healed_chunks: int = 0
    error: str | None = None  # a problem's slug
    reason: str | None = None  # a sentence for people
    again_in: timedelta | None = None
    is_counted: bool = True
    proved_at: datetime | None = None
    missing_chunks: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a block's name showed. `is_read`: its bytes were read and hashed, not only looked at.

    `note`: which copies were written again, or where right bytes were found; "" where all was as it should be.
    `since`: the look began then or later, by the database's clock; None: just now.
    """

    name: BlockName
    state: BlockState
    is_read: bool
    note: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScrubRound:
    """One reading of everything stored. `blocks`, `bytes`: read so far. `ended_at` None: it goes on."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    is_urgent: bool
    total_blocks: int
    total_bytes: int
    blocks: int
    bytes: int
    healed: int
    damaged: int
    bytes_per_second: int
    worker: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ScrubStep:
    """What one slice of a round has read."""

    blocks: int
    bytes: int
    healed: int
    damaged: int
    bytes_per_second: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a person should be told outside of the page. `body`: JSON."""

    id: UUID
    owner: UUID
    kind: NoticeKind
    body: str
    attempts: int  # this one included
    created_at: datetime


# --- for people ---


@dataclass(frozen=True, slots=True)
class SyncEvent:
    """The verification of one change. `path`: the file's present one, else the one it had then; None for a bucket's event."""

    event_id: UUID
    bucket_id: UUID
    bucket_title: str | None  # None: the bucket is gone
    file_id: UUID | None
    version_id: UUID | None
    path: str | None
    owner: UUID
    type: ChangeKind
    status: EventStatus
    action: str | None  # what was done, once it is: `upload_synchronized`, …
    attempts: int
    next_attempt_at: datetime | None  # of what is pending
    worker: str | None
    error: str | None
    reason: str | None
    chunks_verified: int
    total_chunks: int
    healed_chunks: int
    deleted_chunks: int | None
    failed_chunks: int | None
    missing_chunks: int | None  # of one that failed because parts are missing
    created_at: datetime
    waits_since: datetime  # when it was made, or last was to be checked anew
    updated_at: datetime
    healed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters combine. `after`: the `next_key` of the page before. `oldest_first`: by creation; else the newest first."""

    status: EventStatus | None = None
    bucket: str | None = None
    file_id: UUID | None = None
    type: ChangeKind | None = None
    healed_only: bool = False  # by when they were healed, the latest first
    oldest_first: bool = False
    after: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FileSync:
    """How a file stands: its newest event."""

    event_id: UUID
    sync_status: EventStatus
    chunks_verified: int
    total_chunks: int
    action: str | None
    error: str | None
    reason: str | None
    missing_chunks: int | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """A version's newest event, where it is not completed."""

    status: EventStatus
    error: str | None
    reason: str | None
    missing_chunks: int | None
    chunks_verified: int
    total_chunks: int


@dataclass(frozen=True, slots=True)
class OpenChecks:
    """`is_flooded`: more wait than are looked up for a list; what has bytes that were never verified waits with them."""

    by_version: Mapping[UUID, OpenCheck]
    is_flooded: bool


@dataclass(frozen=True, slots=True)
class WantedBlock:
    """A damaged or missing block of the caller's: whoever sends its bytes to any upload heals it."""

    id: BlockId
    size: int
    state: BlockState


@dataclass(frozen=True, slots=True)
class EventHint:
    """An event that changed, `at` then. `healed_at`, `error`: as the event has them."""

    event_id: UUID
    owner: UUID
    bucket_id: UUID
    file_id: UUID | None
    status: EventStatus
    error: str | None
    healed_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Quarter:
    """How many checks ended how in the quarter of an hour that begins `at`."""

    at: datetime
    verified: int
    healed: int
    failed: int
    retried: int


@dataclass(frozen=True, slots=True)
class WorkerState:
    """`doing`: a chore's name, "" while it rests."""

    name: str
    doing: str
    started_at: datetime
    seen_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """What the database knows for the dashboard, of the caller's own files, or of all for an administrator.

    `completed`: checks in the last 24 hours that ended so. `oldest_pending_at`: since when the one waits that waits longest,
    of the thousand oldest changes. `proved_at`: of the newest finished check. `oldest_proof`: no version's bytes were last read
    before it; one never read counts from when it was made; None: there is none. Blocks are those that versions have.
    Others than administrators see of rounds how far they are in thousandths (`total_blocks`, `total_bytes` 1,000), no more.
    """

    at: datetime  # the database's clock
    pending: int
    processing: int
    failed: int
    completed: int
    oldest_pending_at: datetime | None
    files: int
    proved_at: datetime | None
    oldest_proof: datetime | None
    damaged_blocks: int
    missing_blocks: int
    day: Sequence[Quarter]  # the last 24 hours, oldest first; quarters without any are left out
    round: ScrubRound | None  # the present one, else the last
    last_round: ScrubRound | None  # the last that ended
    workers: Sequence[WorkerState]
