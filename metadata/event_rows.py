"""Sync events as rows: what their indexes are asked with, and how a job reads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, case, func, literal_column, select, text

from foundation.sql import any_of
from metadata.model import ChangeKind
from metadata.schema import buckets, contents, file_versions, files
from metadata.sync_model import EventStatus, Job
from metadata.sync_schema import sync_events

PENDING, PROCESSING, COMPLETED, FAILED = (status.value for status in EventStatus)
# As literals, and word by word as the partial indexes say it: else SQLite does not use them.
IS_UNFINISHED = text("sync_events.status IN ('pending', 'processing')")
IS_PENDING = sync_events.c.status == literal_column("'pending'")
IS_PROCESSING = sync_events.c.status == literal_column("'processing'")
IS_FAILED = sync_events.c.status == literal_column("'failed'")
# What is to be checked anew waits since that was said, not since the change that it is about.
WAITS_SINCE = func.coalesce(sync_events.c.pending_since, sync_events.c.created_at)


def jobs_of(connection: Connection, ids: Collection[UUID]) -> Sequence[Job]:
    """These events as jobs, those due first at the head."""
    columns = sync_events.c
    query = (
        select(
            columns.id,
            columns.attempts,
            columns.type,
            columns.owner,
            columns.bucket,
            columns.file,
            columns.version,
            buckets.c.owner.label("bucket_owner"),
            files.c.bucket.label("file_bucket"),
            file_versions.c.bucket.label("version_bucket"),
            file_versions.c.content,
            contents.c.num_chunks,
            contents.c.size,
            columns.reads_since,
            columns.origin,
        )
        .outerjoin(buckets, buckets.c.id == columns.bucket)
        .outerjoin(files, files.c.id == columns.file)
        .outerjoin(file_versions, file_versions.c.id == columns.version)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
        .where(any_of(connection, columns.id, ids))
        .order_by(columns.next_attempt_at, columns.id)
    )
    return [_job(row) for row in connection.execute(query)]


def newest_events(connection: Connection, of_files: Collection[UUID], versions: Collection[UUID]) -> dict[UUID, UUID]:
    """By version its newest event, where it has one."""
    columns = sync_events.c
    newest = (columns.created_at.desc(), columns.id.desc())
    ranked = select(
        columns.id, columns.version, func.row_number().over(partition_by=columns.version, order_by=newest)
    ).where(any_of(connection, columns.file, of_files), any_of(connection, columns.version, versions))
    return {version: id for id, version, place in connection.execute(ranked) if place == 1}


def newest_of_files(connection: Connection, of_files: Collection[UUID]) -> dict[UUID, UUID]:
    """By file its newest event, where it has one."""
    columns = sync_events.c
    # One batch may write several versions of a file in one moment: the newest is that of the present one.
    is_past = case((files.c.current_version == columns.version, 0), else_=1)
    newest = (columns.created_at.desc(), is_past, columns.id.desc())
    ranked = select(columns.id, columns.file, func.row_number().over(partition_by=columns.file, order_by=newest))
    joined = ranked.join_from(sync_events, files, files.c.id == columns.file)
    found = connection.execute(joined.where(any_of(connection, columns.file, of_files)))
    return {file: id for id, file, place in found if place == 1}


def locked_events(connection: Connection, ids: Collection[UUID], *columns: Column[Any]) -> dict[UUID, Any]:
    """These columns, `id` among them, of rows that nobody else changes until the transaction's end."""
    query = select(*columns).where(any_of(connection, sync_events.c.id, ids)).order_by(sync_events.c.id)
    return {row.id: row for row in connection.execute(query.with_for_update(key_share=True))}


def backlog(connection: Connection) -> tuple[dict[str, int], datetime | None]:
    """How many are pending, processing, failed, and since when the oldest of the unfinished waits."""
    columns = sync_events.c
    unfinished = (
        select(columns.status, func.count(), func.min(WAITS_SINCE)).where(IS_UNFINISHED).group_by(columns.status)
    )
    rows = {status: (number, oldest) for status, number, oldest in connection.execute(unfinished)}
    failed = connection.execute(select(func.count()).select_from(sync_events).where(IS_FAILED)).scalar_one()
    numbers = {status: rows[status][0] if status in rows else 0 for status in (PENDING, PROCESSING)}
    return numbers | {FAILED: failed}, min((oldest for _, oldest in rows.values()), default=None)


def _job(row: Any) -> Job:
    return Job(
        event_id=row.id,
        attempts=row.attempts,
        type=ChangeKind(row.type),
        owner=row.owner,
        bucket_id=row.bucket,
        file_id=row.file,
        version_id=row.version,
        bucket_owner=row.bucket_owner,
        file_bucket=row.file_bucket,
        version_bucket=row.version_bucket,
        content=row.content,
        num_chunks=row.num_chunks or 0,
        size=row.size or 0,
        reads_since=row.reads_since,
        origin=row.origin,
    )
