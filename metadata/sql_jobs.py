"""Sync events as work, in SQL: each method a transaction, each batch one statement a step, whatever its length."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Several
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.sql import now
from metadata import claims, event_pruning, job_chunks, repairs, respreading
from metadata.event_rows import backlog, jobs_of
from metadata.findings import look
from metadata.outcomes import finish
from metadata.seams import RegisteredBlock
from metadata.settings import CatalogueSettings
from metadata.sync_model import Job, JobChunk, Outcome, Verdict
from metadata.telling import tell
from metadata.verdicts import judge

T = TypeVar("T")

_SLICE = 128  # rows that one transaction writes: a few milliseconds of SQLite's one writer
_SLICES_A_LOOK = 20


class SqlJobs:
    """See metadata.sync_seams.Jobs."""

    def __init__(self, database: Database, settings: CatalogueSettings) -> None:
        self._database = database
        self._settings = settings

    def claim(self, worker: str, limit: int, lease: timedelta) -> Sequence[Job]:
        if not self._database.read(claims.has_due):
            return []
        ids = self._database.write(lambda connection: claims.claim(connection, worker, limit, lease))
        return self._database.read(lambda connection: jobs_of(connection, ids)) if ids else []

    def reclaim(self, worker: str, lease: timedelta) -> Job | None:
        if not self._database.read(claims.has_lapsed):
            return None
        most = self._settings.event_attempts
        id = self._database.write(lambda connection: claims.reclaim(connection, worker, lease, most))
        jobs = self._database.read(lambda connection: jobs_of(connection, [id])) if id else []
        return jobs[0] if jobs else None

    def chunks(self, events: Several[UUID]) -> Mapping[UUID, Sequence[JobChunk]]:
        return self._database.read(lambda connection: job_chunks.chunks_of(connection, events))

    def chunks_from(self, event: UUID, first_index: int, limit: int) -> Sequence[JobChunk]:
        return self._database.read(lambda connection: job_chunks.chunks_from(connection, event, first_index, limit))

    def judge(self, verdicts: Sequence[Verdict]) -> set[BlockName]:
        void: set[BlockName] = set()
        for first in range(0, len(verdicts), _SLICE):
            page = verdicts[first : first + _SLICE]
            void |= self._written(partial(judge, verdicts=page))
        return void

    def progress(self, job: tuple[UUID, int], worker: str, chunks_verified: int, lease: timedelta) -> bool:
        return self._written(lambda connection: claims.progress(connection, job, worker, chunks_verified, lease))

    def finish(self, worker: str, outcomes: Sequence[Outcome]) -> int:
        written = 0
        for first in range(0, len(outcomes), _SLICE):
            page = outcomes[first : first + _SLICE]
            written += self._written(partial(finish, worker=worker, outcomes=page, settings=self._settings))
        return written

    def release(self, worker: str, jobs: Sequence[tuple[UUID, int]]) -> None:
        self._written(lambda connection: claims.release(connection, worker, jobs))

    def dead_names(self, ids: Several[BlockId]) -> Mapping[BlockId, Sequence[BlockName]]:
        return self._database.read(lambda connection: repairs.dead_names_of(connection, ids))

    def broken(self, after: BlockId | None, limit: int = 200) -> Sequence[RegisteredBlock]:
        return self._database.read(lambda connection: repairs.broken(connection, after, limit))

    def open_repair(self) -> tuple[UUID, int]:
        return self._database.write(repairs.open_repair)

    def close_repair(self, upload: UUID) -> None:
        self._written(lambda connection: repairs.close_repair(connection, upload))

    def tell(self, limit: int = 100) -> int:
        # What is long to find out is found out before SQLite's one writer is taken.
        seen = self._database.read(lambda connection: look(connection, limit))
        return 0 if seen is None else self._written(lambda connection: tell(connection, seen))

    def spread(self, limit: int = 500) -> int:
        wave = self._database.read(lambda connection: respreading.next_wave(connection, limit))
        return 0 if wave is None else self._written(lambda connection: respreading.spread(connection, wave))

    def revive(self, limit: int = 200) -> int:
        ids = self._database.read(lambda connection: respreading.relieved(connection, limit))
        return self._written(lambda connection: respreading.revive(connection, ids)) if ids else 0

    def prune_events(self, limit: int = 500) -> int:
        retention = timedelta(days=self._settings.completed_event_days)
        # One look over events that mostly stay serves several slices.
        old = self._database.read(
            lambda connection: event_pruning.prunable_events(connection, retention, limit * _SLICES_A_LOOK)
        )
        pages = [old[first : first + limit] for first in range(0, len(old), limit)]
        dropped = sum(self._written(partial(event_pruning.drop_events, ids=page)) for page in pages)
        dropped += self._written(lambda connection: event_pruning.drop_counts(connection, retention, limit))
        return dropped + self._written(lambda connection: event_pruning.drop_notices(connection, retention, limit))

    def backlog(self) -> tuple[Mapping[str, int], datetime | None]:
        return self._database.read(backlog)

    def clock(self) -> datetime:
        return self._database.read(now)

    def _written(self, body: Callable[[Connection], T]) -> T:
        return self._database.write(body, repeat_unknown=True)
