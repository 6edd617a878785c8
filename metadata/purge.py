"""Purge: versions and whole files go for good; their contents become candidates of collection (DESIGN.md 5, "Delete")."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, insert, select

from foundation.authorization import Action
from foundation.database import Database
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
from metadata.tally import Tally


@dataclass(frozen=True, slots=True)
class Wanted:
    """One version that is not current, or (None) the whole file, if the precondition holds for it."""

    file_id: UUID
    version_id: UUID | None
    precondition: Precondition = NO_PRECONDITION


def purge(database: Database, caller: Identity, wanted: Wanted, max_chunks: int) -> Purged:
    """A file live or in the trash, or a version of it. What has more than `max_chunks` chunks is counted in reads before.

    Raises FileNotFound, VersionNotFound, Forbidden, PreconditionFailed, VersionConflict, Invalid for a current version.
    """
    tally: Tally | None = None
    while True:
        done = database.write(partial(_purged, caller, wanted, max_chunks, tally), repeat_unknown=True)
        if not isinstance(done, Tally):
            return done
        done.count(database.read, max_chunks)
        tally = done


def _purged(
    caller: Identity, wanted: Wanted, max_chunks: int, tally: Tally | None, connection: Connection
) -> Purged | Tally:
    """A tally that must be counted first: nothing went."""
    bucket = bucket_of_file(connection, caller, wanted.file_id, Action.PURGE_FILE)
    work = Work.begun(connection, caller, bucket.id, Action.PURGE_FILE)
    row = connection.execute(select_versions(current=True).where(files.c.id == wanted.file_id)).one_or_none()
    if row is None:
        raise FileNotFound
    current = version_from(row)
    check_precondition(wanted.precondition, None if current.deleted_at else current)
    old = None if wanted.version_id is None else _old_version(work, current, wanted.version_id)
    going = _going(work, current, old)
    counted = tally.purged() if tally is not None and tally.versions == going.keys() else None
    if counted is None and sum(chunks for _, chunks in going.values()) > max_chunks:
        return Tally(going, {content for content, _ in going.values() if content}, work.bucket.owner)
    purged = purge_whole(work, current, counted) if old is None else purge_old(work, old, counted)
    work.finish()
    return purged


def _old_version(work: Work, current: FileVersion, version_id: UUID) -> FileVersion:
    if version_id == current.version_id:
        raise Invalid("The current version cannot be purged alone; purge the file, or put or restore another first.")
    query = select_versions().where(files.c.id == current.file_id, file_versions.c.id == version_id)
    row = work.connection.execute(query).one_or_none()
    if row is None:
        raise VersionNotFound
    return version_from(row)


def _going(work: Work, current: FileVersion, old: FileVersion | None) -> dict[UUID, tuple[UUID | None, int]]:
    """Content and number of chunks of each version that goes."""
    if old is not None:
        return {old.version_id: (old.content, old.num_chunks)}
    columns = (file_versions.c.id, file_versions.c.content, func.coalesce(contents.c.num_chunks, 0))
    query = select(*columns).outerjoin(contents, contents.c.id == file_versions.c.content)
    rows = work.connection.execute(query.where(file_versions.c.file == current.file_id))
    return {id: (content, chunks) for id, content, chunks in rows}


def purge_old(work: Work, version: FileVersion, counted: Purged | None = None) -> Purged:
    """One version that is not current. `counted`: what goes with it, where that was counted before."""
    gone = drop_versions(work, [version.version_id])
    purged = what_went(work, gone, versions=1) if counted is None else counted
    _record(work, version, purged)
    return purged


def purge_whole(work: Work, current: FileVersion, counted: Purged | None = None) -> Purged:
    """A file with all its versions; `current` is its current one. `counted`: see `purge_old`."""
    of_file = select(file_versions.c.id).where(file_versions.c.file == current.file_id)
    ids = list(work.connection.execute(of_file).scalars())
    gone = drop_versions(work, ids)
    work.connection.execute(delete(files).where(files.c.id == current.file_id))
    if current.deleted_at is None:
        work.count(files=-1, logical=-current.size)
    purged = what_went(work, gone, versions=len(ids)) if counted is None else counted
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


def what_went(work: Work, gone: Collection[UUID], versions: int) -> Purged:
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
