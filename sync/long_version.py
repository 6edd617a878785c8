"""A version of many chunks or bytes: looked at by pages, in bounded memory, its lease kept, and never at the cost of all others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from foundation.blocks import BlockName
from metadata import Job, JobChunk, Jobs
from sync.examination import Sight
from sync.looking import Looking
from sync.slices import slices
from sync.standing import Standing

PAGE = 1000
# Then it makes way, if others wait. What was read needs no second reading, so little is done twice.
TURN_SECONDS = 20.0
PASSED_BY_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Turn:
    """`is_over`: it made way, or it is another worker's now, before all was seen."""

    standing: Standing
    is_over: bool


@dataclass(frozen=True, slots=True)
class LongVersion:
    """`rest(seconds)` follows each slice, with the time it took."""

    worker: str
    lease: timedelta
    jobs: Jobs
    looking: Looking
    rest: Callable[[float], None]
    clock: Callable[[], float]

    def look(self, job: Job) -> Turn:
        """From the first chunk to the last. Raises what the catalogue raises; Interrupted."""
        standing = Standing(self.jobs.clock())
        began = told = self.clock()
        while page := self.jobs.chunks_from(job.event_id, standing.chunks, PAGE):
            # What the page says of a block that comes again is older than the look at it.
            seen: dict[BlockName, Sight] = {}
            for chunks in slices(page, lambda chunk: chunk.size):
                if self._look(job, chunks, standing, seen) and self._must_end(began):
                    return Turn(standing, is_over=True)
                if self.clock() - told > self.lease.total_seconds() / 6:
                    told = self.clock()
                    if not self._kept(job, standing):
                        return Turn(standing, is_over=True)
        return Turn(standing, is_over=False)

    def _look(self, job: Job, chunks: Sequence[JobChunk], standing: Standing, seen: dict[BlockName, Sight]) -> bool:
        """Whether anything was read: only that can be left for a later turn without being done twice."""
        began = self.clock()
        sights = self.looking.at((job, chunk) for chunk in chunks if chunk.name not in seen)
        seen |= sights
        for chunk in chunks:
            standing.add(chunk, seen[chunk.name])
        worked = self.clock() - began
        # Passing by what was seen lately must not be cut off: a turn that began anew each time would never come to its end.
        if worked > PASSED_BY_SECONDS:
            self.rest(worked)
        return any(sight.is_read for sight in sights.values())

    def _kept(self, job: Job, standing: Standing) -> bool:
        return self.jobs.progress((job.event_id, job.attempts), self.worker, standing.verified, self.lease)

    def _must_end(self, began: float) -> bool:
        return self.clock() - began > TURN_SECONDS and bool(self.jobs.backlog()[0].get("pending"))
