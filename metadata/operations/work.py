"""The running work on one locked bucket: its next sequence, the changes to write, the counters to move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from foundation.tracing import origin
from metadata.access import BucketRow, bucket_for
from metadata.model import ChangeKind, FileVersion
from metadata.quotas import check_grown
from metadata.schema import accounts, buckets, changes
from metadata.sync_schema import sync_events

COUNTERS = ("files", "versions", "logical_bytes", "version_bytes")


@dataclass(slots=True)
class Work:
    """Lives in one transaction. `finish` must be the last call; what is forgotten until then is not in the journal."""

    connection: Connection
    bucket: BucketRow
    actor: UUID
    device: UUID | None
    moment: datetime
    next_sequence: int
    has_quota: bool = False  # the bucket's owner
    group: UUID | None = None
    origin: str | None = field(default_factory=origin)  # of the changes that follow
    kept: set[UUID] = field(default_factory=set)  # contents that no collector takes before this transaction ends
    in_folders: int = 0  # files that operations on folders have met so far, again and again if need be
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    _changes: list[dict[str, Any]] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _first_sequence: int = field(init=False)

    def __post_init__(self) -> None:
        self._first_sequence = self.next_sequence

    @classmethod
    def begun(cls, connection: Connection, caller: Identity, bucket: UUID, action: Action) -> "Work":
        """Lock the bucket; nothing of it changes under us from here on. Raises BucketNotFound, Forbidden."""
        row = bucket_for(connection, caller, str(bucket), action, lock=True)
        actor = caller.user if caller.user is not None else row.owner
        return cls._on(connection, row, actor, caller.device)

    @classmethod
    def by_itself(cls, connection: Connection, row: BucketRow) -> "Work":
        """The catalogue's own doing in a bucket whose lock is held: its owner is named as the actor."""
        return cls._on(connection, row, row.owner, None)

    @classmethod
    def _on(cls, connection: Connection, row: BucketRow, actor: UUID, device: UUID | None) -> "Work":
        query = select(buckets.c.next_sequence, accounts.c.quota_bytes.is_not(None))
        query = query.join(accounts, accounts.c.user == buckets.c.owner).where(buckets.c.id == row.id)
        next_sequence, has_quota = connection.execute(query).one()
        return cls(connection, row, actor, device, now(connection), next_sequence, has_quota)

    def count(self, *, files: int = 0, versions: int = 0, logical: int = 0, stored: int = 0) -> None:
        """`logical`: bytes of current versions; `stored`: of all versions."""
        for name, number in zip(COUNTERS, (files, versions, logical, stored), strict=True):
            self.counters[name] += number

    def record(
        self,
        kind: ChangeKind,
        version: FileVersion,
        *,
        previous: UUID | None = None,
        old_path: str | None = None,
        event: dict[str, Any] | None = None,
    ) -> int:
        """One change and the job that verifies it; its sequence. `event`: columns of the job that differ."""
        sequence, id = self.next_sequence, new_id()
        self.next_sequence += 1
        self._changes.append(
            {
                "journal": self.bucket.id,
                "sequence": sequence,
                "event_id": id,
                "kind": kind.value,
                "bucket": self.bucket.id,
                "file": version.file_id,
                "version": version.version_id,
                "previous_version": previous,
                "path": version.path,
                "old_path": old_path,
                "group": self.group,
                "actor": self.actor,
                "device": self.device,
                "at": self.moment,
            }
        )
        job = {
            "id": id,
            "bucket": self.bucket.id,
            "file": version.file_id,
            "version": version.version_id,
            "owner": self.bucket.owner,
            "type": kind.value,
            "status": "pending",
            "action": None,
            "next_attempt_at": self.moment,
            "total_chunks": version.num_chunks,
            "deleted_chunks": None,
            "failed_chunks": None,
            "created_at": self.moment,
            "updated_at": self.moment,
            "origin": self.origin,
        }
        self._events.append(job | event if event else job)
        return sequence

    def name_origins(self, origins: Mapping[UUID, str | None]) -> None:
        """By version, where the changes that were recorded come from: several requests may share this transaction."""
        for event in self._events:
            event["origin"] = origins.get(event["version"], event["origin"])

    @property
    def sequence(self) -> int:
        """Of the newest change."""
        return self.next_sequence - 1

    def finish(self) -> None:
        """Write the journal, the jobs and the counters. Raises QuotaExceeded."""
        moved = {name: buckets.c[name] + number for name, number in self.counters.items() if number}
        if moved or self.next_sequence != self._first_sequence:
            statement = update(buckets).where(buckets.c.id == self.bucket.id)
            self.connection.execute(statement.values(next_sequence=self.next_sequence, **moved))
        if self.has_quota and self.counters["version_bytes"] > 0:
            check_grown(self.connection, self.bucket.owner, self.counters["version_bytes"], self.actor)
        insert_rows(self.connection, changes, self._changes)
        insert_rows(self.connection, sync_events, self._events)
