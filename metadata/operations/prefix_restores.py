"""Take a folder back: all that is in the trash below a prefix comes out of it, as a group."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select

from foundation.ids import new_hexes, new_id
from foundation.sql import update_columns
from metadata.batch import GroupResult
from metadata.model import ChangeKind
from metadata.operations.folder_rows import at_most, below, check_free, folder_prefix, pages, raw
from metadata.operations.group_rows import insert_restored
from metadata.operations.journal_rows import record_many
from metadata.operations.kept_contents import keep
from metadata.operations.superseding import supersede_many
from metadata.operations.work import Work
from metadata.schema import contents, file_versions, files


class Trashed(NamedTuple):
    """A file in the trash, its delete marker, and the last version of it that has content. Ids as the driver gives them."""

    file: Any
    path: str
    marker: Any
    version: Any
    content: Any
    size: int
    num_chunks: int


def restore_prefix(work: Work, value: str) -> GroupResult:
    """Of several that were deleted at one path, the last. Raises PathInvalid, PathTaken, TooMany."""
    prefix = folder_prefix("prefix", value, work.bucket.naming)
    found = select_trashed().where(below(work, prefix))
    rows = at_most(work, found.order_by(files.c.path, files.c.deleted_at, files.c.id))
    trashed = {row[1]: Trashed(*row) for row in rows}
    group = work.group or new_id()
    restore_group(work, list(trashed.values()), group)
    return GroupResult(group, len(trashed), work.sequence if trashed else None)


def select_trashed() -> Select[Any]:
    """Files in the trash with the columns of Trashed."""
    old = file_versions.alias("old")
    last = (
        select(old.c.id)
        .where(old.c.file == files.c.id, old.c.content.is_not(None))
        .order_by(old.c.sequence.desc())
        .limit(1)
        .correlate(files)
        .scalar_subquery()
    )
    joined = files.join(file_versions, file_versions.c.id == last).join(
        contents, contents.c.id == file_versions.c.content
    )
    columns = (
        raw(files.c.id),
        files.c.path,
        raw(files.c.current_version),
        raw(file_versions.c.id),
        raw(file_versions.c.content),
        contents.c.size,
        contents.c.num_chunks,
    )
    return select(*columns).select_from(joined).where(files.c.deleted_at.is_not(None))


def restore_group(work: Work, trashed: Sequence[Trashed], group: UUID) -> None:
    """Each to its own path. Raises PathTaken with `conflicts`."""
    check_free(work, [one.path for one in trashed])
    for page in pages(trashed):
        keep(work, {one.content for one in page})
        ids, markers = [one.file for one in page], [one.marker for one in page]
        versions = new_hexes(len(page))
        told = {"file": ids, "version": versions, "previous_version": markers, "path": [one.path for one in page]}
        jobs = {"total_chunks": [one.num_chunks for one in page]}
        sequences = record_many(work, ChangeKind.FILE_RESTORED, group, told, jobs)
        insert_restored(work, sequences, versions, [one.version for one in page])
        update_columns(work.connection, files, "id", {"current_version": versions, "id": ids}, {"deleted_at": None})
        size = sum(one.size for one in page)
        work.count(files=len(page), versions=len(page), logical=size, stored=size)
        supersede_many(work, markers)
