"""Purge: versions and whole files go for good; their contents become candidates of collection (DESIGN.md 5, "Delete")."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, insert, select

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.problems import Invalid
from foundation.sql import any_of
from metadata.access import bucket_of_file
from metadata.actions import ACTIONS
from metadata.batch import Purged
from metadata.errors import FileNotFound, VersionNotFound
from metadata.model import NO_PRECONDITION, BlockState, ChangeKind, FileVersion, Precondition
from metadata.operations.conflicts import check_precondition
from metadata.operations.work import Work
from metadata.rows import select_versions, version_from
from metadata.schema import blocks, buckets, candidates, contents, file_chunks, file_versions, files


def purge(
    connection: Connection,
    caller: Identity,
    file_id: UUID,
    version_id: UUID | None,
    precondition: Precondition = NO_PRECONDITION,
) -> Purged:
    """One version that is not current, or the whole file, live or in the trash. The transaction's only work.

    Raises FileNotFound, VersionNotFound, Forbidden, PreconditionFailed, VersionConflict, Invalid for a current version.
    """
    bucket = bucket_of_file(connection, caller, file_id, Action.PURGE_FILE)
    work = Work.begun(connection, caller, bucket.id, Action.PURGE_FILE)
    row = connection.execute(select_versions(current=True).where(files.c.id == file_id)).one_or_none()
    if row is None:
        raise FileNotFound
    current = version_from(row)
    check_precondition(precondition, None if current.deleted_at else current)
    purged = purge_whole(work, current) if version_id is None else _purge_version(work, current, version_id)
    work.finish()
    return purged


def _purge_version(work: Work, current: FileVersion, version_id: UUID) -> Purged:
    if version_id == current.version_id:
        raise Invalid("The current version cannot be purged alone; purge the file, or put or restore another first.")
    query = select_versions().where(files.c.id == current.file_id, file_versions.c.id == version_id)
    row = work.connection.execute(query).one_or_none()
    if row is None:
        raise VersionNotFound
    return purge_old(work, version_from(row))


def purge_old(work: Work, version: FileVersion, counted: Purged | None = None) -> Purged:
    """One version that is not current. `counted`: what goes with it, where that was counted before."""
    gone = drop_versions(work, [version.version_id])
    purged = _counted(work, gone, versions=1) if counted is None else counted
    _record(work, version, purged)
    return purged


def purge_whole(work: Work, current: FileVersion) -> Purged:
    """A file with all its versions; `current` is its current one."""
    of_file = select(file_versions.c.id).where(file_versions.c.file == current.file_id)
    ids = list(work.connection.execute(of_file).scalars())
    gone = drop_versions(work, ids)
    work.connection.execute(delete(files).where(files.c.id == current.file_id))
    if current.deleted_at is None:
        work.count(files=-1, logical=-current.size)
    purged = _counted(work, gone, versions=len(ids))
    _record(work, current, purged)
    return purged


def has_history(connection: Connection, current: FileVersion) -> bool:
    """Whether older versions are kept without end, as versioning promised when they were made: the file must stay."""
    older = (file_versions.c.file == current.file_id) & (file_versions.c.id != current.version_id)
    endless = older & file_versions.c.purge_after.is_(None) & file_versions.c.content.is_not(None)
    return connection.execute(select(file_versions.c.id).where(endless).limit(1)).first() is not None


def drop_versions(work: Work, ids: Collection[UUID]) -> set[UUID]:
    """Delete these rows; the contents that they named are candidates now. Which."""
    gone = any_of(work.connection, file_versions.c.id, ids)
    query = (
        select(file_versions.c.content, contents.c.size)
        .join(contents, contents.c.id == file_versions.c.content)
        .where(gone)
    )
    named = work.connection.execute(query).all()
    work.connection.execute(delete(file_versions).where(gone))
    nominate_contents(work.connection, {row.content for row in named})
    work.count(versions=-len(named), stored=-sum(row.size for row in named))
    return {row.content for row in named}


def nominate_contents(connection: Connection, ids: Iterable[UUID]) -> None:
    """The collector will judge them."""
    found = select(contents.c.id).where(any_of(connection, contents.c.id, ids))
    connection.execute(insert(candidates).from_select(["content"], found))


def _record(work: Work, version: FileVersion, purged: Purged) -> None:
    # Nothing is left to verify: what the event tells is known now.
    counts = {"deleted_chunks": purged.deleted_chunks, "failed_chunks": purged.failed_chunks}
    done = {"status": "completed", "action": ACTIONS[ChangeKind.FILE_PURGED]}
    total = purged.deleted_chunks + purged.kept_chunks + purged.failed_chunks
    work.record(ChangeKind.FILE_PURGED, replace(version, num_chunks=total), event=counts | done)


def _counted(work: Work, gone: Collection[UUID], versions: int) -> Purged:
    """Blocks of the contents `gone`, by whether a version in any of the owner's buckets still has them; each counts once."""
    if not gone:
        return Purged(versions, 0, 0, 0, 0)
    other = file_chunks.alias("other")
    is_kept = (
        exists()
        .where(other.c.block == blocks.c.id, file_versions.c.content == other.c.content)
        .where(buckets.c.id == file_versions.c.bucket, buckets.c.owner == work.bucket.owner)
    )
    named = select(file_chunks.c.block).where(any_of(work.connection, file_chunks.c.content, gone)).distinct()
    judged = select(
        is_kept.label("kept"), (blocks.c.state == BlockState.STORED.value).label("stored"), blocks.c.size.label("size")
    ).where(blocks.c.id.in_(named))
    found = judged.subquery()
    query = select(found.c.kept, found.c.stored, func.count(), func.sum(found.c.size)).group_by(
        found.c.kept, found.c.stored
    )
    deleted = kept = failed = freed = 0
    for is_shared, is_stored, number, size in work.connection.execute(query):
        if is_shared:
            kept += number
        elif is_stored:
            deleted, freed = number, int(size)
        else:
            failed = number
    return Purged(versions, deleted, kept, failed, freed)
