"""Delete: the file goes to the trash under a delete marker, or for good where the bucket keeps no trash."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from foundation.ids import new_id
from foundation.sql import insert_rows
from metadata.batch import Delete, Result
from metadata.model import ChangeKind, FileVersion
from metadata.operations.conflicts import check_precondition
from metadata.operations.standing import live_file
from metadata.operations.superseding import supersede
from metadata.operations.version_rows import version_row
from metadata.operations.work import Work
from metadata.purge import has_history, purge_whole
from metadata.retention import goes_at_once, purge_after
from metadata.schema import file_versions, files


def delete(work: Work, operation: Delete) -> Result:
    """Raises FileNotFound, VersionConflict, PreconditionFailed."""
    live = live_file(work, operation.file_id, operation.path)
    check_precondition(operation.precondition, live)
    is_kept = has_history(work.connection, live)
    marker = _marker(work, live, None if is_kept else purge_after(work.bucket, work.moment))
    sequence = work.record(ChangeKind.FILE_DELETED, marker, previous=live.version_id)
    if goes_at_once(work.bucket) and not is_kept:
        purge_whole(work, live)
        return Result(marker, sequence)
    insert_rows(work.connection, file_versions, [version_row(work, marker, sequence)])
    statement = update(files).where(files.c.id == live.file_id)
    work.connection.execute(statement.values(current_version=marker.version_id, deleted_at=work.moment))
    work.count(files=-1, logical=-live.size)
    supersede(work, [live])
    return Result(marker, sequence)


def _marker(work: Work, live: FileVersion, until: datetime | None) -> FileVersion:
    """Description, tags and access stay, for whoever puts something on this path again."""
    return replace(
        live,
        version_id=new_id(),
        content=None,
        size=0,
        num_chunks=0,
        content_hash=None,
        etag="",
        digests={},
        modified_at=None,
        created_at=work.moment,
        actor=work.actor,
        device=work.device,
        verified_at=None,
        purge_after=until,
        deleted_at=work.moment,
    )
