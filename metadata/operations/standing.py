"""The file that an operation names, by id or by path, in the bucket that is locked."""

from uuid import UUID

from foundation.problems import Invalid
from metadata.errors import FileNotFound
from metadata.model import FileVersion
from metadata.operations.conflicts import standing_at
from metadata.operations.work import Work
from metadata.paths import is_storable
from metadata.rows import select_versions, version_from
from metadata.schema import files


def file_by_id(work: Work, file_id: UUID) -> FileVersion:
    """Its current version, a delete marker if it is in the trash. Raises FileNotFound."""
    query = select_versions(current=True).where(files.c.id == file_id, files.c.bucket == work.bucket.id)
    row = work.connection.execute(query).one_or_none()
    if row is None:
        raise FileNotFound
    return version_from(row)


def live_file(work: Work, file_id: UUID | None, path: str | None) -> FileVersion:
    """The current version of a live file. Raises FileNotFound, Invalid unless exactly one of the two is given."""
    if (file_id is None) == (path is None):
        raise Invalid("Name the file by `file_id` or by `path`, one of them.")
    if file_id is not None:
        found: FileVersion | None = file_by_id(work, file_id)
    else:
        # What no database can hold is no file's path.
        wanted = [path] if path and is_storable(path) else []
        found = standing_at(work.connection, work.bucket.id, wanted).get(path or "")
    if found is None or found.deleted_at is not None:
        raise FileNotFound
    return found
