"""Buckets in their owner's trash: found, taken back, given up for good."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, exists, select, update

from foundation.authorization import Action, Facts, Role, require
from foundation.identity import Identity
from foundation.sql import database_now, now
from metadata.errors import BucketExists, BucketNotFound
from metadata.naming import check_name, is_uuid
from metadata.schema import buckets


def find_deleted(connection: Connection, caller: Identity, ref: str) -> UUID | None:
    """The caller's own deleted bucket of the id `ref`, under its row's lock, while its time is not over.

    Raises Unauthenticated, Forbidden, and BucketNotFound where somebody else's has this id.
    """
    if not is_uuid(ref):
        return None  # Its name is free: it may be another bucket's by now.
    id = UUID(ref)
    connection.execute(select(buckets.c.id).where(buckets.c.id == id).with_for_update(key_share=True)).all()
    in_trash = buckets.c.deleted_at.is_not(None) & (buckets.c.purge_after > now(connection))
    owner = connection.execute(select(buckets.c.owner).where(buckets.c.id == id, in_trash)).scalar_one_or_none()
    if owner is None:
        return None
    role = Role.OWNER if owner == caller.user else None
    require(caller, Action.DELETE_BUCKET, Facts(role=role), hidden=BucketNotFound)
    return id


def look_at_deleted(connection: Connection, caller: Identity, ref: str) -> UUID | None:
    """The caller's own deleted bucket of the id `ref`, its time over or not. Raises Unauthenticated, Forbidden."""
    if not is_uuid(ref):
        return None
    deleted = buckets.c.deleted_at.is_not(None) & (buckets.c.owner == caller.user)
    id = connection.execute(select(buckets.c.id).where(buckets.c.id == UUID(ref), deleted)).scalar_one_or_none()
    if id is not None:
        require(caller, Action.READ_BUCKET, Facts(role=Role.OWNER), hidden=BucketNotFound)
    return id


def put_away(connection: Connection, bucket: UUID, kept: timedelta) -> datetime:
    """Delete a live bucket whose lock is held; the time until which it can be taken back."""
    moment = now(connection)
    gone = {"deleted_at": moment, "updated_at": moment, "purge_after": moment + kept}
    connection.execute(update(buckets).where(buckets.c.id == bucket).values(gone))
    return moment + kept


def take_back(connection: Connection, bucket: UUID, name: str | None) -> UUID:
    """Make a deleted bucket live again, under its old name or `name`; its owner. The caller holds its row's lock.

    Raises BucketExists where a live one has that name by now, BucketNameInvalid.
    """
    row = connection.execute(select(buckets.c.owner, buckets.c.name).where(buckets.c.id == bucket)).one()
    wanted = check_name(name) if name is not None else row.name
    taken = exists().where(buckets.c.owner == row.owner, buckets.c.name == wanted, buckets.c.deleted_at.is_(None))
    if connection.execute(select(taken)).scalar_one():
        raise BucketExists(f"Another bucket is called `{wanted}` by now; give a `name`.")
    back = {"name": wanted, "deleted_at": None, "purge_after": None, "updated_at": database_now()}
    connection.execute(update(buckets).where(buckets.c.id == bucket).values(back))
    owner: UUID = row.owner
    return owner


def give_up(connection: Connection, bucket: UUID) -> datetime:
    """The time of a deleted bucket is over now: collection takes it, and nobody can take it back."""
    moment = now(connection)
    connection.execute(update(buckets).where(buckets.c.id == bucket).values(purge_after=moment))
    return moment
