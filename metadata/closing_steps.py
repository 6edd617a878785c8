"""What a user leaves behind, in the order in which it goes: each step looks, then takes what it found, and judges again under locks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, delete, select

from foundation.identity import Identity
from foundation.sql import any_of, database_now
from metadata.deleted_buckets import give_up, put_away
from metadata.expiring import drop_plan, end_slice
from metadata.model import ChangeKind, UploadState
from metadata.root_journal import BucketEvent, record_for_all, record_sharing
from metadata.schema import block_holders, buckets, idempotency_keys, members, upload_chunks, uploads
from metadata.sync_schema import notices, sync_events, sync_outcomes

_IS_OPEN = uploads.c.state == UploadState.OPEN.value
_IS_LIVE = buckets.c.deleted_at.is_(None)
_IS_KEPT = buckets.c.purge_after > database_now()  # in the trash

Found = Callable[[UUID, int], Select[Any]]
Take = Callable[[Connection, UUID, Sequence[Any], int], int]


@dataclass(frozen=True, slots=True)
class Step:
    """`found`: keys of what is there to be taken, at most so many. `take` them, at most so many rows; on how many it worked."""

    found: Found
    take: Take


def _live_bucket(user: UUID, _limit: int) -> Select[Any]:
    """One at a time: its members, who are told, may be many."""
    return _buckets(user, _IS_LIVE, 1)


def _kept_buckets(user: UUID, limit: int) -> Select[Any]:
    return _buckets(user, _IS_KEPT, limit)


def _buckets(user: UUID, condition: ColumnElement[bool], limit: int) -> Select[Any]:
    return select(buckets.c.id).where(buckets.c.owner == user, condition).order_by(buckets.c.id).limit(limit)


def _delete_buckets(connection: Connection, user: UUID, found: Sequence[Any], _limit: int) -> int:
    """As their owner would, who is named as the actor. Collection.purge_expired does the rest."""
    live = _locked_buckets(connection, found, _IS_LIVE)
    for bucket in live:
        put_away(connection, bucket, timedelta(0))
        record_for_all(connection, BucketEvent(Identity(user=user), ChangeKind.BUCKET_DELETED, bucket), user)
    return len(live)


def _give_up_buckets(connection: Connection, _user: UUID, found: Sequence[Any], _limit: int) -> int:
    kept = _locked_buckets(connection, found, _IS_KEPT)
    for bucket in kept:
        give_up(connection, bucket)
    return len(kept)


def _locked_buckets(connection: Connection, found: Sequence[Any], still: ColumnElement[bool]) -> list[UUID]:
    these = any_of(connection, buckets.c.id, [row[0] for row in found])
    lock = select(buckets.c.id).where(these).order_by(buckets.c.id)
    connection.execute(lock.with_for_update(key_share=True)).all()
    return list(connection.execute(select(buckets.c.id).where(these, still).order_by(buckets.c.id)).scalars())


def _membership(user: UUID, _limit: int) -> Select[Any]:
    """One at a time: the bucket is somebody else's, and is locked for it."""
    return select(members.c.bucket).where(members.c.user == user).order_by(members.c.bucket).limit(1)


def _leave(connection: Connection, user: UUID, found: Sequence[Any], _limit: int) -> int:
    ((bucket,),) = found
    lock = select(buckets.c.owner).where(buckets.c.id == bucket).with_for_update(key_share=True)
    owner = connection.execute(lock).scalar_one_or_none()
    mine = (members.c.bucket == bucket) & (members.c.user == user)
    if owner is None or not connection.execute(delete(members).where(mine)).rowcount:
        return 0
    record_sharing(connection, BucketEvent(Identity(user=user), ChangeKind.BUCKET_UNSHARED, bucket), user, owner)
    return 1


def _open_upload(user: UUID, _limit: int) -> Select[Any]:
    """One at a time: each may hold much."""
    return select(uploads.c.writer).where(uploads.c.owner == user, _IS_OPEN).order_by(uploads.c.writer).limit(1)


def _end_upload(connection: Connection, _user: UUID, found: Sequence[Any], limit: int) -> int:
    ((writer,),) = found
    # Lock first, judge later: it may have been committed meanwhile.
    connection.execute(select(uploads.c.id).where(uploads.c.writer == writer).with_for_update()).all()
    if connection.execute(select(uploads.c.id).where(uploads.c.writer == writer, _IS_OPEN)).first() is None:
        return 0
    end_slice(connection, writer, UploadState.ABORTED, limit)
    return 1


def _ended_uploads(user: UUID, limit: int) -> Select[Any]:
    return select(uploads.c.writer).where(uploads.c.owner == user, ~_IS_OPEN).order_by(uploads.c.writer).limit(limit)


def _forget_uploads(connection: Connection, _user: UUID, found: Sequence[Any], limit: int) -> int:
    """Plans first. The sweeper takes a writer without a row for ended."""
    writers = [row[0] for row in found]
    planned = select(upload_chunks.c.upload).where(any_of(connection, upload_chunks.c.upload, writers)).limit(1)
    writer = connection.execute(planned).scalar_one_or_none()
    if writer is not None:
        return drop_plan(connection, writer, limit)
    these = any_of(connection, uploads.c.writer, writers) & ~_IS_OPEN
    return connection.execute(delete(uploads).where(these)).rowcount


def _of(table: Table, owner: Column[Any], key: Column[Any]) -> Step:
    """Rows of `table` that nothing points to: those of `owner`, by `key`, which is theirs alone among that owner's."""

    def found(user: UUID, limit: int) -> Select[Any]:
        return select(key).where(owner == user).order_by(key).limit(limit)

    def take(connection: Connection, user: UUID, found: Sequence[Any], _limit: int) -> int:
        these = and_(owner == user, key >= found[0][0], key <= found[-1][0])
        # In the order of keys, as everybody takes them.
        connection.execute(select(key).where(these).order_by(key).with_for_update()).all()
        return connection.execute(delete(table).where(these)).rowcount

    return Step(found, take)


# What a purge and its workers still write comes last: events, and the counts of what became of them.
STEPS = (
    Step(_live_bucket, _delete_buckets),
    Step(_kept_buckets, _give_up_buckets),
    Step(_membership, _leave),
    Step(_open_upload, _end_upload),
    Step(_ended_uploads, _forget_uploads),
    _of(block_holders, block_holders.c.user, block_holders.c.block),
    _of(idempotency_keys, idempotency_keys.c.user, idempotency_keys.c.key),
    _of(sync_events, sync_events.c.owner, sync_events.c.id),
    _of(notices, notices.c.owner, notices.c.id),
    _of(sync_outcomes, sync_outcomes.c.owner, sync_outcomes.c.at),
)
