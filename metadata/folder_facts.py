"""What lies below folders: a bounded walk along the paths for each, and one look at the bucket's unfinished checks for all."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, case, func, select, tuple_

from metadata.event_records import IS_NOT_COMPLETED
from metadata.model import FolderFacts
from metadata.paths import is_storable, prefix_end
from metadata.schema import buckets, changes, contents, file_versions, files
from metadata.sync_model import EventStatus
from metadata.sync_schema import sync_events

# Files that are looked at below one prefix, and below all of one request; checks of the bucket, of each status.
MOST_FILES, MOST_IN_ALL, MOST_CHECKS = 10_000, 200_000, 10_000
_events = sync_events.c


class _Below(NamedTuple):
    files: int
    logical_bytes: int
    changed_at: Any
    is_capped: bool


class _Checks(NamedTuple):
    """Paths in bytewise order."""

    paths: Sequence[bytes]
    is_capped: bool

    def below(self, prefix: str) -> int:
        end = prefix_end(prefix)
        last = len(self.paths) if end is None else bisect_left(self.paths, end.encode())
        return last - bisect_left(self.paths, prefix.encode())


def folder_facts(connection: Connection, bucket: UUID, prefixes: Sequence[str]) -> list[FolderFacts]:
    """Of each prefix, in their order."""
    most = min(MOST_FILES, MOST_IN_ALL // max(len(prefixes), 1))
    checking = _checks(connection, bucket, EventStatus.PENDING, EventStatus.PROCESSING)
    failed = _checks(connection, bucket, EventStatus.FAILED)
    found = []
    for prefix in prefixes:
        if not is_storable(prefix):
            found.append(FolderFacts(prefix, 0, 0, None, 0, 0, is_capped=False))
            continue
        below = (_of_large_bucket(connection, bucket, most) if not prefix else None) or _below(
            connection, bucket, prefix, most
        )
        numbers = (checking.below(prefix), failed.below(prefix))
        is_capped = below.is_capped or (bool(below.files) and (checking.is_capped or failed.is_capped))
        found.append(FolderFacts(prefix, *below[:3], *numbers, is_capped=is_capped))
    return found


def _of_large_bucket(connection: Connection, bucket: UUID, most: int) -> _Below | None:
    """By its counters, where it holds more than is looked at."""
    query = select(buckets.c.files, buckets.c.logical_bytes).where(buckets.c.id == bucket, buckets.c.files > most)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    newest = select(changes.c.at).where(changes.c.journal == bucket).order_by(changes.c.sequence.desc()).limit(1)
    return _Below(row.files, row.logical_bytes, connection.execute(newest).scalar_one_or_none(), is_capped=False)


def _below(connection: Connection, bucket: UUID, prefix: str, most: int) -> _Below:
    live = and_(files.c.bucket == bucket, files.c.deleted_at.is_(None), files.c.path >= prefix)
    walk = select(files.c.path, files.c.current_version).where(live)
    if end := prefix_end(prefix):
        walk = walk.where(files.c.path < end)
    first = walk.order_by(files.c.path).limit(most).subquery()
    joined = first.join(file_versions, file_versions.c.id == first.c.current_version).outerjoin(
        contents, contents.c.id == file_versions.c.content
    )
    # The marker of a folder is no file of its own to people.
    is_file = case((first.c.path.like("%/"), 0), else_=1)
    sums = (func.sum(is_file), func.sum(contents.c.size), func.max(file_versions.c.created_at), func.count())
    number, size, changed_at, seen = connection.execute(select(*sums).select_from(joined)).one()
    is_more = seen == most and connection.execute(walk.order_by(files.c.path).offset(most).limit(1)).first()
    return _Below(int(number or 0), int(size or 0), changed_at, is_capped=bool(is_more))


def _checks(connection: Connection, bucket: UUID, *statuses: EventStatus) -> _Checks:
    """Where the newest checks of live files stand so."""
    paths: list[bytes] = []
    is_capped = False
    for status in statuses:
        rows = connection.execute(_unfinished(bucket, status.value)).all()
        is_capped = is_capped or len(rows) > MOST_CHECKS
        paths += [row.path.encode() for row in rows if row.path is not None]
    return _Checks(sorted(paths), is_capped)


def _unfinished(bucket: UUID, status: str) -> Any:
    """A row for each event, with its file's path where that is live and has no newer one."""
    columns = (_events.file, _events.version, _events.created_at, _events.id)
    found = select(*columns).where(_events.bucket == bucket, IS_NOT_COMPLETED, _events.status == status)
    part = found.order_by(_events.created_at, _events.id).limit(MOST_CHECKS + 1).subquery()
    newer = sync_events.alias("newer")
    is_newer = tuple_(newer.c.created_at, newer.c.id) > tuple_(part.c.created_at, part.c.id)
    of_same = and_(newer.c.file == part.c.file, newer.c.version == part.c.version, is_newer)
    live = and_(files.c.id == part.c.file, files.c.current_version == part.c.version, files.c.deleted_at.is_(None))
    is_newest = ~select(newer.c.id).where(of_same).exists()
    return select(files.c.path).select_from(part.outerjoin(files, and_(live, is_newest)))
