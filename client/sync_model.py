"""What the server tells of verification, as the client's values. Immutable; times are aware UTC; sizes are bytes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SyncEvent:
    """The verification of one change. `bucket` is the bucket's title; `reason` and `next_step` are sentences for people."""

    event_id: str
    file_id: str | None
    bucket_id: str
    bucket: str | None
    path: str | None
    version_id: str | None
    type: str
    status: str
    action: str | None
    attempts: int
    next_attempt_at: datetime | None
    worker: str | None
    error: str | None
    reason: str | None
    next_step: str | None
    chunks_verified: int
    total_chunks: int
    healed_chunks: int
    created_at: datetime
    updated_at: datetime
    healed_at: datetime | None

    @property
    def is_unfinished(self) -> bool:
        return self.status in {"pending", "processing"}


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """Of so many files. One that is verified since `at` was read again, and counts."""

    files: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sentence:
    """`state`: safe, checking, needs-you, unproved or unknown. `failed`, `checking`: changes.

    `rest`, all that neither failed nor is checked: safe, unproved or unknown (then `since`).
    """

    state: str
    rest: str
    files: int
    failed: int
    checking: int
    proved_at: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    pending: int
    processing: int
    failed: int
    completed: int


@dataclass(frozen=True, slots=True)
class Queue:
    """`reason`: why the oldest one waits."""

    depth: int
    oldest_pending_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """How many checks ended how in the quarter of an hour that begins `at`."""

    at: datetime
    verified: int
    healed: int
    failed: int
    retried: int


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours; quarters without any are left out."""

    verified: int
    healed: int
    failed: int
    retried: int
    quarters: tuple[Quarter, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One reading of everything stored. `share`: 0 to 1. Amounts are None for those who are no administrators."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    is_urgent: bool
    share: float
    expected_end: datetime | None
    blocks: int | None
    total_blocks: int | None
    bytes: int | None
    total_bytes: int | None
    healed: int | None
    damaged: int | None
    bytes_per_second: int | None


@dataclass(frozen=True, slots=True)
class Scrub:
    """`round`: that goes on, else the last; `last_round`: the last that ended. None: there never was one."""

    round: Round | None
    last_round: Round | None


@dataclass(frozen=True, slots=True)
class Worker:
    """`doing` is empty while it rests."""

    name: str
    doing: str
    is_alive: bool
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service, a store, the database is: up, slow or down. Latencies are None for those who are no administrators."""

    name: str
    state: str
    since: datetime
    problem: str | None
    milliseconds: float | None


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """How everything stands. Of each list of events the first twenty: `in_work` the oldest, the others the newest."""

    at: datetime
    sentence: Sentence
    counts: Counts
    queue: Queue
    in_work: tuple[SyncEvent, ...]
    failed: tuple[SyncEvent, ...]
    damaged_files: tuple[SyncEvent, ...]
    damaged_blocks: int
    missing_blocks: int
    healed: tuple[SyncEvent, ...]
    day: Day
    checked_in_seconds: float | None
    scrub: Scrub
    workers: tuple[Worker, ...]
    health: tuple[Standing, ...]
