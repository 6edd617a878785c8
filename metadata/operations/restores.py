"""Restore: an old version's content becomes the current one again, or a file comes back from the trash."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import update

from foundation.ids import new_id
from foundation.problems import Invalid
from foundation.sql import insert_rows
from metadata.batch import Restore, Result
from metadata.errors import PathTaken, VersionNotFound
from metadata.model import ChangeKind, FileVersion
from metadata.operations.conflicts import check_place, standing_at
from metadata.operations.kept_contents import keep
from metadata.operations.standing import file_by_id
from metadata.operations.superseding import supersede
from metadata.operations.version_rows import file_row, version_row
from metadata.operations.work import Work
from metadata.paths import check_path
from metadata.rows import select_versions, version_from
from metadata.schema import file_versions, files


def restore(work: Work, operation: Restore) -> Result:
    """Raises FileNotFound, VersionNotFound, PathTaken, PathInvalid, Invalid, RowVanished."""
    current = file_by_id(work, operation.file_id)
    old = _wanted(work, current, operation.version_id)
    if old.version_id == current.version_id:
        return Result(current, None)
    if old.content is not None:
        keep(work, [old.content])
    path = _place(work, current, operation.to)
    version = replace(
        old,
        version_id=new_id(),
        path=path,
        access=current.access,  # Who hid a file has hidden all of it.
        created_at=work.moment,
        actor=work.actor,
        device=work.device,
        is_current=True,
        purge_after=None,
        deleted_at=None,
    )
    was_live = current.deleted_at is None
    old_path = current.path if path != current.path else None
    sequence = work.record(ChangeKind.FILE_RESTORED, version, previous=current.version_id, old_path=old_path)
    insert_rows(work.connection, file_versions, [version_row(work, version, sequence)])
    row = file_row(work, version)
    columns = {name: row[name] for name in ("path", "path_folded", "search_text", "current_version", "deleted_at")}
    work.connection.execute(update(files).where(files.c.id == version.file_id).values(columns))
    gone = current.size if was_live else 0
    work.count(files=not was_live, versions=1, logical=version.size - gone, stored=version.size)
    supersede(work, [current])
    return Result(version, sequence, created=not was_live)


def _wanted(work: Work, current: FileVersion, version_id: UUID | None) -> FileVersion:
    """The version to restore: the one named, or for a file in the trash the last one with content."""
    of_file = select_versions().where(files.c.id == current.file_id, file_versions.c.content.is_not(None))
    if version_id is not None:
        row = work.connection.execute(of_file.where(file_versions.c.id == version_id)).one_or_none()
    elif current.deleted_at is None:
        raise Invalid("The file is not in the trash; say which `version_id` shall be the current one.")
    else:
        newest = of_file.order_by(file_versions.c.sequence.desc()).limit(1)
        row = work.connection.execute(newest).one_or_none()
    if row is None:
        raise VersionNotFound
    return version_from(row)


def _place(work: Work, current: FileVersion, to: str | None) -> str:
    """Where the file will stand. Raises PathTaken, PathInvalid, Invalid."""
    if current.deleted_at is None:
        if to not in (None, current.path):
            raise Invalid("Only what comes back from the trash takes another path; move it afterwards.")
        return current.path
    path = check_path(current.path if to is None else to, work.bucket.naming)
    standing = standing_at(work.connection, work.bucket.id, [path]).get(path)
    if standing is not None and standing.deleted_at is None:
        raise PathTaken(f"`{path}` is a file by now; restore to another path.", path=path)
    check_place(work.connection, work.bucket, path)
    return path
