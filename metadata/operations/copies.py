"""Copy: a content that is there becomes the current version at another path, in one row. Between buckets, move is copy and delete."""

from dataclasses import replace
from uuid import UUID

import orjson
from sqlalchemy import literal, select

from foundation.authorization import Action
from foundation.database import RowVanished
from foundation.identity import Identity
from foundation.problems import Invalid, Problem
from foundation.sql import insert_missing
from metadata.access import bucket_for, bucket_of_file
from metadata.batch import Copy, Delete, Move, Put, Result
from metadata.contents import Content
from metadata.errors import FileNotFound, PathInvalid, PathTaken, VersionNotFound
from metadata.model import Access, FileVersion, Naming
from metadata.operations.conflicts import check_precondition, standing_at
from metadata.operations.deletes import delete
from metadata.operations.kept_contents import keep
from metadata.operations.puts import Publication, put_all
from metadata.operations.standing import live_file
from metadata.operations.work import Work
from metadata.paths import check_path, is_storable
from metadata.rows import select_versions, version_from
from metadata.schema import block_holders, file_chunks, file_versions, files


def copy(work: Work, caller: Identity, operation: Copy) -> Result:
    """Raises BucketNotFound, FileNotFound, VersionNotFound, PathTaken, PathInvalid, VersionConflict, PreconditionFailed."""
    source = _source(work, caller, operation)
    is_itself = (source.bucket_id, source.path, source.deleted_at) == (work.bucket.id, operation.to, None)
    if is_itself and source.is_current:
        check_precondition(operation.precondition, source)
        return Result(source, None)
    return _published(work, caller, source, Put(operation.to, (), operation.precondition))


def move_between(work: Work, target: Work, caller: Identity, operation: Move) -> Result:
    """Both buckets are locked. Nothing of the file's history goes along. Raises as `copy` and `delete`."""
    live = live_file(work, operation.file_id, operation.path)
    check_precondition(operation.precondition, live)
    to = check_path(operation.to, target.bucket.naming)
    standing = standing_at(target.connection, target.bucket.id, [to]).get(to)
    if standing is not None and standing.deleted_at is None:
        raise PathTaken(f"`{to}` is a file already.", path=to)
    made = _published(target, caller, live, Put(to, ()), live.access)
    delete(work, Delete(live.file_id))
    return made


def _published(work: Work, caller: Identity, source: FileVersion, at: Put, access: Access | None = None) -> Result:
    to = at.path
    check_path(to, work.bucket.naming)
    if work.bucket.naming is Naming.PORTABLE and to.endswith("/") != source.path.endswith("/"):
        raise PathInvalid("A file stays a file and a folder a folder, which ends in `/`.", rule="kind")
    if source.content is None or source.content_hash is None:
        raise VersionNotFound("A delete marker has no content to copy.")
    keep(work, [source.content])
    _require_there(work, source)
    digests = orjson.dumps(dict(source.digests)).decode() if source.digests else "{}"
    content = Content(source.content, source.size, source.num_chunks, source.content_hash, digests)
    put = replace(
        at,
        content_type=source.content_type,
        modified_at=source.modified_at,
        executable=source.executable,
        kind=source.kind,
        description=source.description,
        tags=source.tags,
        etag=source.etag,
    )
    (result,) = put_all(work, [Publication(put, content, access)])
    if isinstance(result, Problem):
        raise result
    _hold(work, caller, source.content)
    return result


def _require_there(work: Work, source: FileVersion) -> None:
    """Judged once its content is kept: another bucket is not locked, and what was purged there may have lost chunks before.

    Raises RowVanished.
    """
    still = select(file_versions.c.id).where(file_versions.c.id == source.version_id)
    if work.connection.execute(still).one_or_none() is None:
        raise RowVanished


def _hold(work: Work, caller: Identity, content: UUID) -> None:
    """Whoever may read the copy may refer to its blocks from now on, as if they had sent them."""
    users = {work.bucket.owner, caller.user} - {None}
    for user in sorted(filter(None, users)):
        # In the order of block ids, as everybody inserts them: two that did not would wait for each other.
        held = (
            select(literal(user, block_holders.c.user.type), file_chunks.c.block)
            .where(file_chunks.c.content == content)
            .distinct()
            .order_by(file_chunks.c.block)
        )
        work.connection.execute(insert_missing(work.connection, block_holders, ["user", "block"], held))


def _source(work: Work, caller: Identity, operation: Copy) -> FileVersion:
    if (operation.file_id is None) == (operation.path is None):
        raise Invalid("Name the file by `file_id` or by `path`, one of them.")
    if operation.file_id is not None:
        bucket_of_file(work.connection, caller, operation.file_id, Action.READ_CONTENT)
        of_file = files.c.id == operation.file_id
    else:
        bucket = work.bucket.id
        if operation.from_bucket is not None:
            bucket = bucket_for(work.connection, caller, operation.from_bucket, Action.READ_CONTENT).id
        if operation.path is None or not is_storable(operation.path):
            raise FileNotFound
        of_file = (files.c.bucket == bucket) & (files.c.path == operation.path) & files.c.deleted_at.is_(None)
    query = select_versions(current=operation.version_id is None).where(of_file)
    if operation.version_id is not None:
        query = query.where(file_versions.c.id == operation.version_id)
    row = work.connection.execute(query).one_or_none()
    if row is None:
        raise VersionNotFound if operation.version_id is not None else FileNotFound
    version = version_from(row)
    if operation.version_id is None and version.deleted_at is not None:
        raise FileNotFound
    return version
