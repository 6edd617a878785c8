"""A worker of the tests: it claims, looks at nothing, and says what it is told to say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from foundation.blocks import BlockName
from foundation.database import Database
from metadata import BlockState, Catalogue, EventStatus, Job, Outcome, Verdict
from metadata.sync_schema import sync_events, sync_outcomes

LEASE = timedelta(minutes=1)


@dataclass
class Hand:
    catalogue: Catalogue
    name: str = "hand"

    def claim(self, limit: int = 1_000, lease: timedelta = LEASE) -> Sequence[Job]:
        return self.catalogue.jobs.claim(self.name, limit, lease)

    def finish(self, *outcomes: Outcome) -> int:
        return self.catalogue.jobs.finish(self.name, outcomes)

    def complete(self, jobs: Iterable[Job], **outcome: Any) -> int:
        return self.finish(*(completed(job, **outcome) for job in jobs))

    def drain(self) -> int:
        """Everything that is due is completed."""
        number = 0
        while jobs := self.claim():
            number += self.complete(jobs)
        return number

    def tell(self, limit: int = 200) -> int:
        """Everything that was found is told; in how many slices."""
        slices = 0
        while self.catalogue.jobs.tell(limit):
            slices += 1
        return slices

    def judge(self, name: BlockName, state: BlockState, *, is_read: bool = True, note: str = "") -> None:
        self.catalogue.jobs.judge([Verdict(name, state, is_read, note)])


def completed(job: Job, **outcome: Any) -> Outcome:
    return Outcome(job.event_id, job.attempts, EventStatus.COMPLETED, job.num_chunks, **outcome)


def failed(job: Job, error: str, reason: str, **outcome: Any) -> Outcome:
    return Outcome(job.event_id, job.attempts, EventStatus.FAILED, error=error, reason=reason, **outcome)


def again(job: Job, error: str = "storage-failed", reason: str = "Waiting.", **outcome: Any) -> Outcome:
    return Outcome(job.event_id, job.attempts, EventStatus.PENDING, error=error, reason=reason, **outcome)


def event_of(database: Database, id: UUID) -> Any:
    return rows_of(database, select(sync_events).where(sync_events.c.id == id))[0]


def events_of(database: Database, version: UUID) -> list[Any]:
    """Oldest first."""
    of_version = select(sync_events).where(sync_events.c.version == version)
    return rows_of(database, of_version.order_by(sync_events.c.created_at, sync_events.c.id))


def counted(database: Database, kind: str = "verified") -> int:
    return sum(getattr(row, kind) for row in rows_of(database, select(sync_outcomes)))


def rows_of(database: Database, query: Any) -> list[Any]:
    def body(connection: Connection) -> list[Any]:
        return list(connection.execute(query).all())

    return database.read(body)
