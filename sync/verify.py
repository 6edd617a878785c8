"""Verification (ALGORITHMS.md 4): every change's bytes are there, right, and readable by whose they are. No file waits for it."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from block_storage import BlockStore
from foundation.problems import Problem
from foundation.telemetry import OUR_FAULT
from metadata import Job, Jobs, Outcome
from sync.chore import Interrupted
from sync.long_version import LongVersion
from sync.looking import Looking
from sync.reconcile import STUCK_EVENTS, Count
from sync.resting import Resting
from sync.slices import SLICE_BYTES, SLICE_ITEMS
from sync.standing import Standing, again, gone, later, outcome
from sync.telling import tell, traced

log = logging.getLogger("cairn.sync")

BATCH = 256
# A batch that was not full: the next one is worth waiting for, a transaction for each single commit is not.
GATHER_SECONDS = 0.25
CHECK_BROKE = ("internal", "The check itself failed.")


@dataclass(frozen=True, slots=True)
class Verification:
    """`worker`: who claims, for `lease`. `count` is told of lapsed events that were taken over."""

    worker: str
    lease: timedelta
    jobs: Jobs
    store: BlockStore
    looking: Looking
    resting: Resting
    count: Count
    clock: Callable[[], float] = time.monotonic

    def drain(self) -> int:
        """Work off what is due; how many events. Raises StorageFailed, having claimed nothing, where the store is down; Interrupted."""
        total = 0
        while True:
            self.store.ready()
            claimed = self.jobs.claim(self.worker, BATCH, self.lease)
            self._work(claimed)
            # One alone: it may be what ends its workers.
            lapsed = self.jobs.reclaim(self.worker, self.lease)
            if lapsed:
                self.count(STUCK_EVENTS, 1)
                self._work([lapsed])
            elif not claimed:
                return total
            total += len(claimed) + (lapsed is not None)
            if len(claimed) < BATCH and not lapsed:
                self.resting.pause(GATHER_SECONDS)

    def _work(self, claimed: Sequence[Job]) -> None:
        left = {job.event_id: job for job in claimed}
        # What was not begun by then is given back: its lease must not lapse while others are worked on.
        until = self.clock() + self.lease.total_seconds() / 4
        try:
            for group in grouped(claimed):
                if self.clock() > until:
                    break
                began = self.clock()
                with traced(group):
                    outcomes = self._outcomes(group)
                    self.jobs.finish(self.worker, outcomes)
                tell(group, outcomes)
                for job in group:
                    del left[job.event_id]
                self.resting.after(self.clock() - began)
        finally:
            self._hand_back(left.values())

    def _hand_back(self, jobs: Iterable[Job]) -> None:
        # Where the database is down their leases lapse instead.
        with suppress(Problem):
            if claims := [(job.event_id, job.attempts) for job in jobs]:
                self.jobs.release(self.worker, claims)

    def _outcomes(self, group: Sequence[Job]) -> Sequence[Outcome]:
        """A job that cannot be worked on spoils only itself. Raises Problem where a neighbour is down; Interrupted."""
        try:
            return self._judged(group)
        except Interrupted:
            raise
        except Problem as problem:
            if problem.status == 503:
                raise
            broke = (problem.slug, problem.title + ".")
        except Exception:
            # The edge of one job: whatever is wrong with it, the others are worked on.
            events = [str(job.event_id) for job in group[:10]]
            log.exception("verification failed", extra={"events": events, "advice": OUR_FAULT})
            broke = CHECK_BROKE
        if len(group) == 1:
            return [again(group[0], *broke)]
        middle = len(group) // 2
        return [*self._outcomes(group[:middle]), *self._outcomes(group[middle:])]

    def _judged(self, group: Sequence[Job]) -> Sequence[Outcome]:
        if is_long(group[0]):
            return [self._long(group[0])]
        # Whoever asks for a new proof while this goes on must not take it for theirs: what is read was as it is from now on.
        began = self.jobs.clock()
        versions = self.jobs.chunks([job.event_id for job in group if job.content])
        chunks = [(job, chunk) for job in group for chunk in versions.get(job.event_id, ())]
        sights = self.looking.at(chunks)
        standings = {job.event_id: Standing(began) for job in group}
        for job, chunk in chunks:
            standings[job.event_id].add(chunk, sights[chunk.name])
        return [self._settled(job, standings[job.event_id]) for job in group]

    def _long(self, job: Job) -> Outcome:
        version = LongVersion(self.worker, self.lease, self.jobs, self.looking, self.resting.after, self.clock)
        turn = version.look(job)
        return later(job, turn.standing) if turn.is_over else self._settled(job, turn.standing)

    def _settled(self, job: Job, standing: Standing) -> Outcome:
        # What was purged while it was read is no failure.
        if standing.is_broken and not self.jobs.chunks_from(job.event_id, 0, 1):
            return gone(job)
        return outcome(job, standing)


def is_long(job: Job) -> bool:
    return job.num_chunks > SLICE_ITEMS or job.size > SLICE_BYTES


def grouped(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Short ones together as far as a slice goes, then each long one by itself."""
    group: list[Job] = []
    chunks = size = 0
    for job in jobs:
        if is_long(job):
            continue
        if group and (chunks + job.num_chunks > SLICE_ITEMS or size + job.size > SLICE_BYTES):
            yield group
            group, chunks, size = [], 0, 0
        group.append(job)
        chunks, size = chunks + job.num_chunks, size + job.size
    if group:
        yield group
    yield from ([job] for job in jobs if is_long(job))
