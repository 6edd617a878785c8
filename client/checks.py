"""Checks that were asked for, and how far the server is with them."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Protocol

from client.crew import Crew
from client.model import Bucket, RemoteFile
from client.sync_model import SyncEvent
from client.sync_status import SyncStatus

# So many events are asked for one by one; of more the lists of all unfinished ones cost less.
_FEW = 50


class Files(Protocol):
    """Every live file of a bucket."""

    def __call__(self, bucket: str, /) -> Iterator[RemoteFile]: ...


class BucketCheck:
    """Every byte of all live files of a bucket, read again by the server."""

    def __init__(self, status: SyncStatus, files: Files, bucket: Bucket) -> None:
        """The server is asked for it here."""
        self._status, self._files, self._bucket = status, files, bucket
        asked = status.verify_bucket(bucket.id)
        self.files, self._since = asked.files, asked.at

    def left(self) -> int:
        """How many files are not done with. It takes a while until all of them wait for their check."""
        waiting = sum(1 for _ in _unfinished(self._status, self._bucket.id, self._since))
        return min(waiting, self.files) or self._untouched()

    def failed(self) -> Iterator[SyncEvent]:
        for event in self._status.sync_events(status="failed", bucket=self._bucket.id):
            if event.updated_at >= self._since:
                yield event

    def _untouched(self) -> int:
        failed = {event.file_id for event in self.failed()}
        return sum(
            1
            for file in self._files(self._bucket.id)
            if file.file_id not in failed and (file.verified_at is None or file.verified_at < self._since)
        )


class EventsCheck:
    """Certain events of one bucket."""

    def __init__(self, status: SyncStatus, bucket_id: str, event_ids: Collection[str]) -> None:
        self._status, self._bucket_id, self._ids = status, bucket_id, frozenset(event_ids)
        self.files = len(self._ids)

    def left(self) -> int:
        if self.files <= _FEW:
            return sum(1 for id in self._ids if self._status.sync_event(id).is_unfinished)
        return sum(1 for event in _unfinished(self._status, self._bucket_id) if event.event_id in self._ids)

    def failed(self) -> Iterator[SyncEvent]:
        for event in self._status.sync_events(status="failed", bucket=self._bucket_id):
            if event.event_id in self._ids:
                yield event


Check = BucketCheck | EventsCheck


def check_files(crew: Crew, status: SyncStatus, bucket: Bucket, files: Iterable[RemoteFile]) -> EventsCheck:
    """Every byte of these files, read again by the server."""
    asked = [crew.send(status.verify_file, file.file_id) for file in files]
    return EventsCheck(status, bucket.id, [one.result().event_id for one in asked])


def _unfinished(status: SyncStatus, bucket_id: str, until: datetime | None = None) -> Iterator[SyncEvent]:
    """Pending and processing events, but for those of changes made after `until`."""
    for which in ("pending", "processing"):  # In the order in which they change.
        for event in status.sync_events(status=which, bucket=bucket_id, oldest_first=True):
            if until is not None and event.created_at > until:
                break
            yield event
