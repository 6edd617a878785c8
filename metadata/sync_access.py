"""Who sees and drives verification: a bucket's members, its owner also once it is gone, and administrators everything."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from foundation.authorization import Action, Facts, Role, Verdict, authorize, require
from foundation.identity import Identity
from foundation.problems import NotFound
from metadata.access import bucket_of_file, decide, find_bucket
from metadata.errors import BucketNotFound, FileNotFound
from metadata.naming import is_uuid
from metadata.schema import buckets, files, members
from metadata.sync_schema import sync_events


def sees_all(caller: Identity) -> bool:
    return authorize(caller, Action.ADMINISTER) is Verdict.ALLOWED


def require_own(caller: Identity, action: Action) -> None:
    """For what is about the caller's own files, or about all. Raises Unauthenticated, Forbidden."""
    if not sees_all(caller):
        require(caller, action)


def require_event(connection: Connection, caller: Identity, event: Any, action: Action, hidden: type[NotFound]) -> None:
    """`event`: a row with its `bucket` and `owner`, or None where there is none. Raises Unauthenticated, `hidden`, Forbidden."""
    if event is not None and sees_all(caller):
        return
    role = None
    if event is not None and caller.user is not None:
        role = Role.OWNER if event.owner == caller.user else _role(connection, caller.user, event.bucket)
    require(caller, action, Facts(role=role), hidden=hidden)
    if event is None:
        raise hidden


def bucket_for_events(connection: Connection, caller: Identity, ref: str) -> UUID:
    """The bucket whose events are asked for, live or gone. Raises Unauthenticated, BucketNotFound, Forbidden."""
    row = find_bucket(connection, caller, ref)
    if row is None and is_uuid(ref):
        left = select(sync_events.c.bucket, sync_events.c.owner).where(sync_events.c.bucket == UUID(ref))
        event = connection.execute(left.limit(1)).one_or_none()
        # Whoever was a member of it has no part in what is gone.
        is_ours = event is not None and (event.owner == caller.user or sees_all(caller))
        require_event(connection, caller, event if is_ours else None, Action.READ_FILE, BucketNotFound)
        return UUID(ref)
    if row is None or not sees_all(caller):
        decide(caller, Action.READ_FILE, row, hidden=BucketNotFound)
    if row is None:
        raise BucketNotFound
    return row.id


def bucket_to_verify(connection: Connection, caller: Identity, ref: str) -> UUID:
    """A live bucket whose files the caller may have read again; its row's lock is taken. Raises as `bucket_for_events`."""
    row = find_bucket(connection, caller, ref, lock=True)
    if row is None or not sees_all(caller):
        decide(caller, Action.WRITE_FILE, row, hidden=BucketNotFound)
    if row is None:
        raise BucketNotFound
    return row.id


def require_file(connection: Connection, caller: Identity, file_id: UUID, action: Action) -> None:
    """Of a live bucket, in the trash or not. Raises Unauthenticated, FileNotFound, Forbidden."""
    if not sees_all(caller):
        bucket_of_file(connection, caller, file_id, action)
        return
    there = select(files.c.id).where(files.c.id == file_id)
    if connection.execute(there).one_or_none() is None:
        raise FileNotFound


def shared_buckets(connection: Connection, user: UUID) -> list[UUID]:
    """The live buckets of others that `user` is a member of."""
    query = select(buckets.c.id).join(members, members.c.bucket == buckets.c.id)
    query = query.where(members.c.user == user, buckets.c.owner != user, buckets.c.deleted_at.is_(None))
    return list(connection.execute(query).scalars())


def _role(connection: Connection, user: UUID, bucket: UUID) -> Role | None:
    query = select(members.c.role).join(buckets, buckets.c.id == members.c.bucket)
    query = query.where(members.c.bucket == bucket, members.c.user == user, buckets.c.deleted_at.is_(None))
    role = connection.execute(query).scalar_one_or_none()
    return Role(role) if role else None
