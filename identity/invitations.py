"""Invitations: links that each let one person make an account, within a week."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from foundation.database import Database
from foundation.ids import new_id
from identity.clock import Clock
from identity.emails import checked_email, email_key
from identity.errors import InvitationInvalid, InvitationNotFound
from identity.opaque import digest, new_invitation
from identity.schema import invitations

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """`email` None: for whoever has the link. `invited_by` None: the operator, on the command line."""

    id: UUID
    email: str | None
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation just made. `link` is told this once; only a hash of its secret is kept."""

    id: UUID
    expires_at: datetime
    link: str = field(repr=False)


class Invitations:
    def __init__(self, database: Database, public_url: str, clock: Clock) -> None:
        self._database, self._public_url, self._clock = database, public_url, clock

    def create(self, email: str | None, invited_by: UUID | None) -> NewInvitation:
        """Raises EmailInvalid."""
        secret, now = new_invitation(), self._clock()
        # Behind the `#`: browsers send that to no server, so it stands in no log on the way.
        made = NewInvitation(new_id(), now + LIFETIME, f"{self._public_url}/create#invitation={secret}")
        row = {
            "id": made.id, "secret_hash": digest(secret), "invited_by": invited_by, "created_at": now,
            "email": checked_email(email) if email is not None else None, "expires_at": made.expires_at,
        }  # fmt: skip
        self._database.write(lambda connection: connection.execute(insert(invitations).values(row)))
        return made

    def list(self, after: UUID | None, limit: int) -> list[Invitation]:
        """Those that can still be used, in the order of their ids, beginning behind `after`."""
        table = invitations.c
        open_ones = (table.used_at.is_(None), table.expires_at > self._clock())
        statement = select(invitations).where(*open_ones).order_by(table.id).limit(limit)
        if after is not None:
            statement = statement.where(table.id > after)
        return [_invitation(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def revoke(self, invitation: UUID) -> None:
        """Raises InvitationNotFound, also for one that was used."""
        statement = delete(invitations).where(invitations.c.id == invitation, invitations.c.used_at.is_(None))
        if self._database.write(lambda connection: connection.execute(statement).rowcount) == 0:
            raise InvitationNotFound

    def expire(self) -> None:
        """Remove those that cannot be used any more."""
        table = invitations.c
        over = delete(invitations).where(or_(table.used_at.is_not(None), table.expires_at <= self._clock()))
        self._database.write(lambda connection: connection.execute(over))


def use_invitation(connection: Connection, secret: str | None, email: str, now: datetime) -> None:
    """Use it up for `email`, in the transaction that makes the account. Raises InvitationInvalid."""
    table = invitations.c
    live = (table.secret_hash == digest(secret or ""), table.used_at.is_(None), table.expires_at > now)
    used = update(invitations).where(*live).values(used_at=now).returning(table.email)
    found = connection.execute(used).one_or_none()
    if found is None or (found.email is not None and email_key(found.email) != email_key(email)):
        raise InvitationInvalid


def _invitation(row: Row[*tuple[object, ...]]) -> Invitation:
    return Invitation(row.id, row.email, row.invited_by, row.created_at, row.expires_at)
