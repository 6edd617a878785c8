"""What is past its time: superseded versions, files in the trash, deleted buckets; one bucket a slice, under its lock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from foundation.blocks import Chunking
from foundation.sql import any_of, now
from metadata.access import BucketRow
from metadata.model import Naming, Versioning
from metadata.operations.work import Work
from metadata.purge import drop_versions, has_history, purge_old, purge_whole
from metadata.rows import select_versions, version_from
from metadata.schema import buckets, file_versions, files, members


def purge_expired(connection: Connection, limit: int) -> int:
    """How many versions went; 0 only when nothing is due."""
    moment = now(connection)
    deleted = select(buckets.c.id).where(buckets.c.purge_after <= moment).order_by(buckets.c.purge_after).limit(1)
    bucket = connection.execute(deleted).scalar_one_or_none()
    if bucket is not None:
        return _purge_bucket(connection, bucket, limit)
    due = (
        select(file_versions.c.bucket)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(file_versions.c.purge_after <= moment, buckets.c.deleted_at.is_(None))
        .order_by(file_versions.c.purge_after)
        .limit(1)
    )
    bucket = connection.execute(due).scalar_one_or_none()
    return 0 if bucket is None else _purge_due(connection, bucket, moment, limit)


def _purge_due(connection: Connection, bucket: UUID, moment: datetime, limit: int) -> int:
    """Versions first; a file in the trash goes with its delete marker, once it has no more than the slice can take."""
    row = _locked(connection, bucket)
    if row is None:
        return 0
    work = Work.by_itself(connection, row)
    query = (
        select_versions()
        .where(file_versions.c.bucket == bucket, file_versions.c.purge_after <= moment)
        .order_by(file_versions.c.purge_after, file_versions.c.sequence)
        .limit(limit)
    )
    number, gone = 0, set()
    for version in map(version_from, connection.execute(query).all()):
        if version.file_id in gone:
            continue
        if version.is_current and has_history(connection, version):
            # Switched to keeping versions, or back, since: what was promised to stay stays, and so does its file.
            endless = update(file_versions).where(file_versions.c.id == version.version_id).values(purge_after=None)
            connection.execute(endless)
        elif version.is_current:
            number += purge_whole(work, version).versions
            gone.add(version.file_id)
        else:
            purge_old(work, version)
            number += 1
    work.finish()
    return number


def _purge_bucket(connection: Connection, bucket: UUID, limit: int) -> int:
    """A slice of a deleted bucket, in the end the bucket itself; its journal stays. Counts the bucket as one version more."""
    row = _locked(connection, bucket)
    if row is None:
        return 0
    work = Work.by_itself(connection, row)
    page = select(files.c.id).where(files.c.bucket == bucket).order_by(files.c.path, files.c.id).limit(limit)
    ids = list(connection.execute(page).scalars())
    versions = select(file_versions.c.id).where(any_of(connection, file_versions.c.file, ids)).limit(limit)
    found = list(connection.execute(versions).scalars())
    drop_versions(work, found)
    left = select(file_versions.c.id).where(file_versions.c.file == files.c.id).exists()
    connection.execute(delete(files).where(any_of(connection, files.c.id, ids), ~left))
    work.finish()
    if not ids:
        connection.execute(delete(members).where(members.c.bucket == bucket))
        connection.execute(delete(buckets).where(buckets.c.id == bucket))
    return len(found) or 1


def _locked(connection: Connection, bucket: UUID) -> BucketRow | None:
    """The bucket, live or deleted, under its lock."""
    columns = [buckets.c[name] for name in BucketRow.__slots__ if name != "role"]
    connection.execute(select(buckets.c.id).where(buckets.c.id == bucket).with_for_update(key_share=True)).all()
    row = connection.execute(select(*columns).where(buckets.c.id == bucket)).one_or_none()
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
