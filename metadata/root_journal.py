"""The root journals: what happened to a bucket, told to everybody who sees it, in the transaction that does it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import database_now, insert_rows, now
from foundation.tracing import origin
from metadata.errors import AccountClosing
from metadata.model import ChangeKind
from metadata.schema import accounts, changes, members
from metadata.sync_schema import sync_events


@dataclass(frozen=True, slots=True)
class BucketEvent:
    """What `caller` did to `bucket`."""

    caller: Identity
    kind: ChangeKind
    bucket: UUID


def ensure_account(connection: Connection, user: UUID, quota_bytes: int | None) -> None:
    """The user's row, made when they first appear, with the quota of new accounts."""
    row = {"user": user, "quota_bytes": quota_bytes, "created_at": now(connection)}
    insert_rows(connection, accounts, [row], ignore_conflicts=True)


def refuse_closing(connection: Connection, user: UUID | None) -> None:
    """Raises AccountClosing. Without a lock: the account's row outlives every transaction that began before it closes."""
    closing = select(accounts.c.user).where(accounts.c.user == user, accounts.c.closing_at.is_not(None))
    if connection.execute(closing).first() is not None:
        raise AccountClosing


def record_for_all(connection: Connection, event: BucketEvent, owner: UUID) -> tuple[UUID, ...]:
    """One change in the root journal of the owner and of each member, and the owner's sync event; whose journals grew.

    Takes the accounts' locks, by ascending id, after the bucket's.
    """
    seers = {owner, *connection.execute(select(members.c.user).where(members.c.bucket == event.bucket)).scalars()}
    for user in sorted(seers):
        event_id = record_for(connection, event, user)
        if user == owner:
            _add_sync_event(connection, event_id, event, owner)
    return tuple(sorted(seers))


def record_sharing(connection: Connection, event: BucketEvent, member: UUID, owner: UUID) -> None:
    """One change in the root journal of `member`, whom alone it concerns, and the owner's sync event."""
    _add_sync_event(connection, record_for(connection, event, member), event, owner)


def record_for(connection: Connection, event: BucketEvent, user: UUID) -> UUID:
    """One change in the root journal of `user`, who has an account; its event id. Takes the account's lock."""
    following = (
        update(accounts)
        .where(accounts.c.user == user)
        .values(next_sequence=accounts.c.next_sequence + 1)
        .returning(accounts.c.next_sequence)
    )
    event_id = new_id()
    connection.execute(
        insert(changes).values(
            journal=user,
            sequence=connection.execute(following).scalar_one() - 1,
            event_id=event_id,
            kind=event.kind.value,
            bucket=event.bucket,
            actor=event.caller.user,
            device=event.caller.device,
            at=database_now(),
        )
    )
    return event_id


def _add_sync_event(connection: Connection, event_id: UUID, event: BucketEvent, owner: UUID) -> None:
    connection.execute(
        insert(sync_events).values(
            id=event_id,
            bucket=event.bucket,
            owner=owner,
            type=event.kind.value,
            status="pending",
            next_attempt_at=database_now(),
            created_at=database_now(),
            updated_at=database_now(),
            origin=origin(),
        )
    )
