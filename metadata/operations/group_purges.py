"""Many files gone for good at once, where a bucket keeps no trash. Counted for each as by itself: metadata.purge."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, cast, delete, exists, func, not_, select

from foundation.ids import new_hexes
from foundation.sql import any_of
from metadata.actions import ACTIONS
from metadata.batch import Purged
from metadata.model import BlockState, ChangeKind
from metadata.operations.folder_rows import Member, raw, uuids
from metadata.operations.journal_rows import record_many
from metadata.operations.work import Work
from metadata.purge import drop_versions, what_went
from metadata.schema import blocks, buckets, file_chunks, file_versions, files


def purge_group(work: Work, page: Sequence[Member], group: UUID) -> Sequence[Member]:
    """Those that must stay in the trash all the same, because versions were promised to be kept."""
    ids = uuids(member.file for member in page)
    older = and_(file_versions.c.file == files.c.id, file_versions.c.id != files.c.current_version)
    endless = older & file_versions.c.purge_after.is_(None) & file_versions.c.content.is_not(None)
    query = select(raw(files.c.id)).where(any_of(work.connection, files.c.id, ids), exists().where(endless))
    kept = set(work.connection.execute(query).scalars())
    gone = [member for member in page if member.file not in kept]
    if gone:
        _purge(work, gone, group)
    return [member for member in page if member.file in kept]


def _purge(work: Work, gone: Sequence[Member], group: UUID) -> None:
    ids = uuids(member.file for member in gone)
    counted = {row[0]: row[1:] for row in work.connection.execute(_counts(work, ids))}
    told: dict[str, list[Any]] = {
        "file": [member.file for member in gone],
        "version": new_hexes(len(gone)),
        "previous_version": [member.version for member in gone],
        "path": [member.path for member in gone],
    }
    record_many(work, ChangeKind.FILE_DELETED, group, told)
    _drop(work, ids)
    work.count(files=-len(gone), logical=-sum(member.size for member in gone))
    _record(work, gone, counted, group)


def purge_trashed(work: Work, gone: Sequence[Member]) -> Purged:
    """`gone`: files in the trash, with all their versions. No group: it cannot be undone."""
    ids = uuids(member.file for member in gone)
    counted = {row[0]: row[1:] for row in work.connection.execute(_counts(work, ids))}
    versions, contents = _drop(work, ids)
    _record(work, gone, counted, None)
    return what_went(work, contents, versions)


def _drop(work: Work, ids: Sequence[UUID]) -> tuple[int, set[UUID]]:
    """How many versions there were, and their contents."""
    of_files = select(file_versions.c.id).where(any_of(work.connection, file_versions.c.file, ids))
    versions = list(work.connection.execute(of_files).scalars())
    gone = drop_versions(work, versions)
    work.connection.execute(delete(files).where(any_of(work.connection, files.c.id, ids)))
    return len(versions), gone


def _record(work: Work, gone: Sequence[Member], counted: Mapping[Any, Sequence[Any]], group: UUID | None) -> None:
    counts = [counted.get(member.file, (0, 0, 0)) for member in gone]
    total, deleted, failed = ([int(count[place]) for count in counts] for place in range(3))
    jobs = {"total_chunks": total, "deleted_chunks": deleted, "failed_chunks": failed}
    told = {
        "file": [member.file for member in gone],
        "version": [member.version for member in gone],
        "path": [member.path for member in gone],
    }
    action = ACTIONS[ChangeKind.FILE_PURGED]
    record_many(work, ChangeKind.FILE_PURGED, group, told, jobs | {"status": "completed", "action": action})


def _counts(work: Work, ids: Sequence[UUID]) -> Select[Any]:
    """Of each file: its blocks, those that go, those that are lost already. One that several have goes with the last of them."""
    other, theirs = file_chunks.alias("other"), file_versions.alias("theirs")
    is_kept = (
        exists()
        .where(other.c.block == blocks.c.id, theirs.c.content == other.c.content)
        .where(buckets.c.id == theirs.c.bucket, buckets.c.owner == work.bucket.owner)
        .where(not_(any_of(work.connection, theirs.c.file, ids)))
    )
    named = (
        select(file_versions.c.file, file_chunks.c.block)
        .join(file_chunks, file_chunks.c.content == file_versions.c.content)
        .where(any_of(work.connection, file_versions.c.file, ids))
        .distinct()
        .subquery()
    )
    place = func.row_number().over(partition_by=named.c.block, order_by=named.c.file.desc())
    judged = select(
        named.c.file,
        is_kept.label("kept"),
        (blocks.c.state == BlockState.STORED.value).label("stored"),
        place.label("place"),
    ).join(blocks, blocks.c.id == named.c.block)
    found = judged.subquery()
    goes = and_(not_(found.c.kept), found.c.place == 1)

    def number(condition: Any) -> Any:
        return func.sum(cast(condition, Integer))

    columns = (raw(found.c.file), func.count(), number(goes & found.c.stored), number(goes & not_(found.c.stored)))
    return select(*columns).group_by(found.c.file)
