"""How a file version stands: what its chunks showed, and the rules that make an outcome of it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from metadata import BlockState, EventStatus, Job, JobChunk, Outcome
from sync.examination import Sight

STORE_AGAIN = timedelta(seconds=30)
NOT_READABLE = "Not readable by its owner."
NO_ANSWER = "Waiting: the store does not answer."
INCONSISTENT = "What the catalogue says of its parts does not fit together."
CATALOGUE_INCONSISTENT, NOT_READABLE_BY_OWNER = "catalogue-inconsistent", "not-readable-by-owner"
PARTS_MISSING, PARTS_DAMAGED, STORE_UNAVAILABLE = "parts-missing", "parts-damaged", "store-unavailable"


@dataclass(slots=True)
class Standing:
    """Gathered chunk by chunk, in order; as small for a version of millions of chunks as for one."""

    proved_at: datetime  # the oldest proof of them; at first when the look at them began, by the database's clock
    chunks: int = 0
    size: int = 0
    is_contiguous: bool = True
    is_held: bool = True
    verified: int = 0
    healed: int = 0
    unknown: int = 0
    stale: int = 0
    missing: int = 0
    damaged: Counter[str] = field(default_factory=Counter)  # by what is known of the copies

    def add(self, chunk: JobChunk, sight: Sight) -> None:
        if (chunk.index, chunk.offset) != (self.chunks, self.size):
            self.is_contiguous = False
        self.chunks += 1
        self.size += chunk.size
        self.is_held = self.is_held and chunk.is_held
        self.healed += sight.is_healed
        if sight.state is BlockState.STORED:
            self.verified += 1
            if not sight.is_read and chunk.verified_at:
                self.proved_at = min(self.proved_at, chunk.verified_at)
        elif sight.state is BlockState.MISSING:
            self.missing += 1
        elif sight.state is BlockState.DAMAGED:
            self.damaged[sight.note] += 1
        elif sight.is_stale:
            self.stale += 1
        else:
            self.unknown += 1

    @property
    def is_broken(self) -> bool:
        return bool(self.missing or self.damaged)


def outcome(job: Job, standing: Standing) -> Outcome:
    """The first rule that has something to say decides; where none has, the job is completed."""
    for rule in (_gone, _inconsistent, _not_readable, _unknown, _stale, _broken):
        if decided := rule(job, standing):
            return decided
    return _ended(job, standing, EventStatus.COMPLETED)


def gone(job: Job) -> Outcome:
    """There is nothing left to verify: that is no failure."""
    return Outcome(job.event_id, job.attempts, EventStatus.COMPLETED)


def again(job: Job, error: str, reason: str) -> Outcome:
    """After the backoff of its attempts; failed once there were enough."""
    return Outcome(job.event_id, job.attempts, EventStatus.PENDING, error=error, reason=reason)


def later(job: Job, standing: Standing) -> Outcome:
    """At once, and not counted. What was read of it so far needs no second reading."""
    return Outcome(
        job.event_id,
        job.attempts,
        EventStatus.PENDING,
        chunks_verified=standing.verified,
        again_in=timedelta(0),
        is_counted=False,
    )


def _ended(
    job: Job, standing: Standing, status: EventStatus, error: str | None = None, reason: str | None = None
) -> Outcome:
    return Outcome(
        job.event_id,
        job.attempts,
        status,
        chunks_verified=standing.verified,
        healed_chunks=standing.healed,
        error=error,
        reason=reason,
        proved_at=standing.proved_at,
    )


def _gone(job: Job, _standing: Standing) -> Outcome | None:
    return gone(job) if job.bucket_owner is None or job.version_bucket is None or job.content is None else None


def _inconsistent(job: Job, standing: Standing) -> Outcome | None:
    """ "The metadata is there" and whole: chunks without a gap that come to what the content says."""
    if standing.is_contiguous and (standing.chunks, standing.size) == (job.num_chunks, job.size):
        return None
    # A version that was purged after it was claimed looks so, too; the next attempt is told that it is gone.
    if job.attempts == 1:
        return again(job, CATALOGUE_INCONSISTENT, INCONSISTENT)
    return _ended(job, standing, EventStatus.FAILED, CATALOGUE_INCONSISTENT, INCONSISTENT)


def _not_readable(job: Job, standing: Standing) -> Outcome | None:
    """Owner isolation: the event, the bucket, the file, the version and each block are of one owner."""
    is_one_owners = job.owner == job.bucket_owner
    is_one_buckets = job.bucket_id == job.file_bucket == job.version_bucket
    if is_one_owners and is_one_buckets and standing.is_held:
        return None
    return _ended(job, standing, EventStatus.FAILED, NOT_READABLE_BY_OWNER, NOT_READABLE)


def _unknown(job: Job, standing: Standing) -> Outcome | None:
    if not standing.unknown:
        return None
    return Outcome(
        job.event_id,
        job.attempts,
        EventStatus.PENDING,
        chunks_verified=standing.verified,
        error=STORE_UNAVAILABLE,
        reason=NO_ANSWER,
        again_in=STORE_AGAIN,
        is_counted=False,
    )


def _stale(job: Job, standing: Standing) -> Outcome | None:
    """What another did to a block meanwhile is seen when it is looked at again."""
    return later(job, standing) if standing.stale else None


def _broken(job: Job, standing: Standing) -> Outcome | None:
    if not standing.is_broken:
        return None
    error = PARTS_MISSING if standing.missing else PARTS_DAMAGED
    ended = _ended(job, standing, EventStatus.FAILED, error, broken_sentence(standing.missing, standing.damaged))
    return replace(ended, missing_chunks=standing.missing or None)


def broken_sentence(missing: int, damaged: Counter[str]) -> str:
    """For people: which parts are gone, and where. `damaged`: counts by what the store noted of the copies."""
    number = damaged.total()
    if not number:
        return f"{_parts(missing)} missing from the store."
    notes = set(damaged)
    (note,) = notes if len(notes) == 1 else ("",)
    told = f"{_parts(number)} {note if note.startswith('damaged on ') else 'damaged'}."
    return f"{_parts(missing)} missing from the store, {told}" if missing else told


def _parts(number: int) -> str:
    return "1 part is" if number == 1 else f"{number:,} parts are"
