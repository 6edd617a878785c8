"""The root journals: what happened to a bucket, told to everybody who sees it, in the transaction that does it."""

from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import database_now, insert_rows, now
from metadata.model import ChangeKind
from metadata.schema import accounts, changes, members, sync_events


def ensure_account(connection: Connection, user: UUID) -> None:
    """The user's row, made when they first appear."""
    created_at = now(connection)
    insert_rows(connection, accounts, [{"user": user, "created_at": created_at}], ignore_conflicts=True)


def record_bucket_change(
    connection: Connection, caller: Identity, kind: ChangeKind, bucket: UUID, owner: UUID
) -> tuple[UUID, ...]:
    """One change in the root journal of the owner and of each member, and the owner's sync event; whose journals grew.

    Takes the accounts' locks, by ascending id, after the bucket's.
    """
    seers = {owner, *connection.execute(select(members.c.user).where(members.c.bucket == bucket)).scalars()}
    for user in sorted(seers):
        ensure_account(connection, user)
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
                kind=kind.value,
                bucket=bucket,
                actor=caller.user,
                device=caller.device,
                at=database_now(),
            )
        )
        if user == owner:
            _add_sync_event(connection, event_id, kind, bucket, owner)
    return tuple(sorted(seers))


def _add_sync_event(connection: Connection, event_id: UUID, kind: ChangeKind, bucket: UUID, owner: UUID) -> None:
    connection.execute(
        insert(sync_events).values(
            id=event_id,
            bucket=bucket,
            owner=owner,
            type=kind.value,
            status="pending",
            next_attempt_at=database_now(),
            created_at=database_now(),
            updated_at=database_now(),
        )
    )
