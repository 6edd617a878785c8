"""What is past its time: superseded versions, files in the trash, deleted buckets; one bucket a slice, under its lock."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select, update

from foundation.blocks import Chunking
from foundation.sql import any_of, now
from metadata.access import BucketRow
from metadata.model import ChangeKind, FileVersion, Naming, Versioning
from metadata.operations.work import Work
from metadata.purge import drop_versions, has_history, purge_old, purge_whole
from metadata.rows import select_versions, version_from
from metadata.schema import bucket_days, buckets, contents, file_versions, files, members
from metadata.sync_schema import sync_events, verify_requests
from metadata.tally import Tally


@dataclass(frozen=True, slots=True)
class Slice:
    """How much one transaction takes at most. `tally`: of a version with more chunks than that, counted before."""

    versions: int
    chunks: int
    tally: Tally | None = None


def purge_expired(connection: Connection, bounds: Slice) -> int | Tally:
    """How many versions went; 0 when nothing is due, or is no more. A tally that must be counted first: nothing went."""
    moment = now(connection)
    is_over = buckets.c.purge_after <= moment
    deleted = select(buckets.c.id).where(is_over).order_by(buckets.c.purge_after).limit(1)
    bucket = connection.execute(deleted).scalar_one_or_none()
    if bucket is not None:
        row = _locked(connection, bucket, is_over)
        return 0 if row is None else _purge_bucket(connection, row, bounds.versions)
    due = (
        select(file_versions.c.bucket)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(file_versions.c.purge_after <= moment, buckets.c.deleted_at.is_(None))
        .order_by(file_versions.c.purge_after)
        .limit(1)
    )
    bucket = connection.execute(due).scalar_one_or_none()
    row = None if bucket is None else _locked(connection, bucket, buckets.c.deleted_at.is_(None))
    return 0 if row is None else _purge_due(connection, row, moment, bounds)


def _purge_due(connection: Connection, row: BucketRow, moment: datetime, bounds: Slice) -> int | Tally:
    """Versions first; a file in the trash goes with its delete marker, after all its versions."""
    work = Work.by_itself(connection, row)
    number, chunks = 0, 0
    for version in _due(work, moment, bounds.versions):
        tally = bounds.tally if bounds.tally and bounds.tally.versions == {version.version_id} else None
        chunks += version.num_chunks if tally is None else 0
        if chunks > bounds.chunks:
            if not number and version.content is not None:
                return Tally([version.version_id], [version.content], row.owner)
            break
        if version.is_current and has_history(connection, version):
            # Switched to keeping versions, or back, since: what was promised to stay stays, and so does its file.
            endless = update(file_versions).where(file_versions.c.id == version.version_id).values(purge_after=None)
            connection.execute(endless)
        elif version.is_current:
            purge_whole(work, version)
        else:
            purge_old(work, version, tally.purged() if tally else None)
        number += 1
    work.finish()
    return number


def _due(work: Work, moment: datetime, limit: int) -> Iterator[FileVersion]:
    """What is due in the bucket, at most `limit`; each delete marker after the other versions of its file, due or not."""
    query = select_versions().where(file_versions.c.bucket == work.bucket.id, file_versions.c.purge_after <= moment)
    page = query.order_by(file_versions.c.purge_after, file_versions.c.sequence).limit(limit)
    gone: set[UUID] = set()
    for version in map(version_from, work.connection.execute(page).all()):
        before = [version]
        if version.is_current and not has_history(work.connection, version):
            older = select_versions().where(files.c.id == version.file_id, file_versions.c.id != version.version_id)
            rows = work.connection.execute(older.order_by(file_versions.c.sequence).limit(limit + 1)).all()
            # With more than the slice can take the marker waits for the next one.
            before = [*map(version_from, rows[:limit]), *([version] if len(rows) <= limit else [])]
        for one in before:
            if one.version_id not in gone:
                gone.add(one.version_id)
                yield one


def _purge_bucket(connection: Connection, row: BucketRow, limit: int) -> int:
    """A slice of a deleted bucket, in the end the bucket itself; its journal stays. Counts the bucket as one version more."""
    bucket = row.id
    work = Work.by_itself(connection, row)
    page = select(files.c.id).where(files.c.bucket == bucket).order_by(files.c.path, files.c.id).limit(limit)
    ids = list(connection.execute(page).scalars())
    versions = select(file_versions.c.id).where(any_of(connection, file_versions.c.file, ids)).limit(limit)
    found = list(connection.execute(versions).scalars())
    _count_current(work, any_of(connection, file_versions.c.id, found))
    drop_versions(work, found)
    events = _drop_events(connection, ids, limit)
    is_used = exists().where(file_versions.c.file == files.c.id), exists().where(_is_of_file)
    connection.execute(delete(files).where(any_of(connection, files.c.id, ids), ~or_(*is_used)))
    work.finish()
    if not ids:
        for table in (members, verify_requests, bucket_days):
            connection.execute(delete(table).where(table.c.bucket == bucket))
        connection.execute(delete(buckets).where(buckets.c.id == bucket))
    return len(found) or events or 1


_is_of_file = and_(sync_events.c.file == files.c.id, sync_events.c.type != ChangeKind.FILE_PURGED.value)


def _drop_events(connection: Connection, ids: Collection[UUID], limit: int) -> int:
    """At most `limit` of the events of these files, whose rows are how they are found. Those of purges stay for their time."""
    is_theirs = any_of(connection, sync_events.c.file, ids) & (sync_events.c.type != ChangeKind.FILE_PURGED.value)
    # Whoever works on one at the moment is not waited for: its file is met again in the next slice.
    query = select(sync_events.c.id).where(is_theirs).limit(limit).with_for_update(skip_locked=True)
    page = list(connection.execute(query).scalars())
    return connection.execute(delete(sync_events).where(any_of(connection, sync_events.c.id, page))).rowcount


def _count_current(work: Work, going: ColumnElement[bool]) -> None:
    """Live files count until their current version goes: the counters tell what is left of a bucket that is purged."""
    current = (
        select(func.count(), func.coalesce(func.sum(contents.c.size), 0))
        .select_from(file_versions)
        .join(files, files.c.current_version == file_versions.c.id)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
        .where(going, files.c.deleted_at.is_(None))
    )
    number, size = work.connection.execute(current).one()
    work.count(files=-number, logical=-int(size))


def _locked(connection: Connection, bucket: UUID, is_still: ColumnElement[bool]) -> BucketRow | None:
    """The bucket under its lock. None where `is_still` holds no more: whoever had the lock may have taken it back."""
    columns = [buckets.c[name] for name in BucketRow.__slots__ if name != "role"]
    connection.execute(select(buckets.c.id).where(buckets.c.id == bucket).with_for_update(key_share=True)).all()
    row = connection.execute(select(*columns).where(buckets.c.id == bucket, is_still)).one_or_none()
    if row is None:
        return None
    return BucketRow(
        row.id,
        row.owner,
        row.name,
        row.title,
        Versioning(row.versioning),
        Naming(row.naming),
        Chunking(row.chunking),
        row.keep_days,
        row.trash_days,
        None,
    )
