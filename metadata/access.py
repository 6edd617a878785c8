"""Whether the caller may: the bucket that a request names, found and decided in the request's own transaction."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from foundation.authorization import Action, Facts, Role, require
from foundation.blocks import Chunking
from foundation.identity import Identity
from foundation.problems import NotFound
from metadata.errors import BucketNotFound, FileNotFound
from metadata.model import Naming, Versioning
from metadata.naming import broken_rule, is_uuid
from metadata.schema import buckets, files, members


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A live bucket as the rules need it. `role` is the caller's; None: a stranger, here only for a public file."""

    id: UUID
    owner: UUID
    name: str
    title: str
    versioning: Versioning
    naming: Naming
    chunking: Chunking
    keep_days: int | None
    trash_days: int
    role: Role | None


def bucket_for(connection: Connection, caller: Identity, ref: str, action: Action, *, lock: bool = False) -> BucketRow:
    """The live bucket `ref` (an id, or the name of one of the caller's own), if the caller may do `action` there.

    `lock` takes the row's lock until the transaction's end, and judges by what the row says under it.
    Raises BucketNotFound, Unauthenticated, Forbidden.
    """
    row = find_bucket(connection, caller, ref, lock=lock)
    decide(caller, action, row, hidden=BucketNotFound)
    if row is None:
        raise BucketNotFound
    return row


def bucket_of_file(
    connection: Connection,
    caller: Identity,
    file_id: UUID,
    action: Action,
    *,
    is_public: bool = False,
    lock: bool = False,
) -> BucketRow:
    """The live bucket that holds a file, in the trash or not, if the caller may do `action` with it.

    `is_public`: the file's content is for everybody and the installation allows that; it counts for READ_CONTENT only.
    Raises FileNotFound, Unauthenticated, Forbidden.
    """
    # The bucket alone is locked, and a file never leaves its bucket.
    in_bucket = select(files.c.bucket).where(files.c.id == file_id).scalar_subquery()
    row = _found(connection, caller, buckets.c.id == in_bucket, lock=lock)
    decide(caller, action, row, is_public=is_public, hidden=FileNotFound)
    if row is None:
        raise FileNotFound
    return row


def find_bucket(connection: Connection, caller: Identity, ref: str, *, lock: bool = False) -> BucketRow | None:
    """The live bucket `ref`, with the caller's role, undecided: the caller of this function must `decide`."""
    if is_uuid(ref):
        return _found(connection, caller, buckets.c.id == UUID(ref), lock=lock)
    if caller.user is None or broken_rule(ref):
        return None
    return _found(connection, caller, and_(buckets.c.owner == caller.user, buckets.c.name == ref), lock=lock)


def decide(
    caller: Identity, action: Action, row: BucketRow | None, *, is_public: bool = False, hidden: type[NotFound]
) -> None:
    """Raise what stands against `action` in the bucket `row`; `hidden` where the caller may not know that it exists."""
    role = None if row is None else row.role
    require(caller, action, Facts(role=role, is_public=is_public and row is not None), hidden=hidden)


def _select_buckets(caller: Identity) -> Select[Any]:
    mine = and_(members.c.bucket == buckets.c.id, members.c.user == caller.user)
    columns = [buckets.c[name] for name in BucketRow.__slots__ if name != "role"]
    return select(*columns, members.c.role.label("role")).outerjoin(members, mine).where(buckets.c.deleted_at.is_(None))


def _found(connection: Connection, caller: Identity, condition: ColumnElement[bool], *, lock: bool) -> BucketRow | None:
    query = _select_buckets(caller).where(condition)
    if lock:
        # As UPDATE takes it: foreign keys to the bucket do not wait for it.
        query = query.with_for_update(key_share=True, of=buckets)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.owner == caller.user:
        return _bucket_row(row, Role.OWNER)
    role = row.role
    if lock and caller.user is not None:
        # Judged in a later statement: whoever removed this member held the lock that ours had to wait for.
        mine = (members.c.bucket == row.id) & (members.c.user == caller.user)
        role = connection.execute(select(members.c.role).where(mine)).scalar_one_or_none()
    return _bucket_row(row, Role(role) if role else None)


def _bucket_row(row: Row[Any], role: Role | None) -> BucketRow:
    return BucketRow(
        id=row.id,
        owner=row.owner,
        name=row.name,
        title=row.title,
        versioning=Versioning(row.versioning),
        naming=Naming(row.naming),
        chunking=Chunking(row.chunking),
        keep_days=row.keep_days,
        trash_days=row.trash_days,
        role=role,
    )
