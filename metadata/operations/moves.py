"""Move: another path in the same bucket; the file, its id and its versions stay."""

from dataclasses import replace

from sqlalchemy import update

from metadata.batch import Move, Result
from metadata.errors import PathInvalid, PathTaken
from metadata.model import ChangeKind, Naming
from metadata.operations.conflicts import check_place, check_precondition, standing_at
from metadata.operations.standing import live_file
from metadata.operations.version_rows import file_row
from metadata.operations.work import Work
from metadata.paths import check_path
from metadata.schema import files


def move(work: Work, operation: Move) -> Result:
    """Raises FileNotFound, PathInvalid, PathTaken, VersionConflict, PreconditionFailed."""
    live = live_file(work, operation.file_id, operation.path)
    check_precondition(operation.precondition, live)
    to = check_path(operation.to, work.bucket.naming)
    if to == live.path:
        return Result(live, None)
    if work.bucket.naming is Naming.PORTABLE and to.endswith("/") != live.path.endswith("/"):
        raise PathInvalid("A file stays a file and a folder a folder, which ends in `/`.", rule="kind")
    standing = standing_at(work.connection, work.bucket.id, [to]).get(to)
    if standing is not None and standing.deleted_at is None:
        raise PathTaken(f"`{to}` is a file already.", path=to)
    check_place(work.connection, work.bucket, to, moved=live.file_id)
    moved = replace(live, path=to)
    row = file_row(work, moved)
    columns = {name: row[name] for name in ("path", "path_folded", "search_text")}
    work.connection.execute(update(files).where(files.c.id == live.file_id).values(columns))
    return Result(moved, work.record(ChangeKind.FILE_MOVED, moved, previous=live.version_id, old_path=live.path))
