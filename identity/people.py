"""People: their addresses, whether they may come in, the hash of their password."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Database
from foundation.ids import new_id
from identity.clock import Clock
from identity.emails import checked_email, email_key
from identity.errors import EmailTaken, UserNotFound
from identity.model import User
from identity.schema import (
    codes,
    consents,
    credentials,
    device_codes,
    devices,
    invitations,
    outside_sessions,
    refresh_tokens,
    sessions,
    tokens,
    users,
)
from identity.verdicts import Verdicts

_COLUMNS = tuple(
    users.c[name] for name in ("id", "email", "is_admin", "created_at", "disabled_at", "closing_at", "issuer")
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a password. `changed_at`: since when it is this one; a better hash of the same is no change."""

    password_hash: str = field(repr=False)
    changed_at: datetime


def insert_user(connection: Connection, user: User, key: str | None, password_hash: str) -> None:
    """A person with a password, in the caller's transaction. `key` None: of no address. Raises IntegrityError if one has `key`."""
    row = {
        "id": user.id, "email": user.email, "email_key": key, "is_admin": user.is_admin, "created_at": user.created_at,
    }  # fmt: skip
    connection.execute(insert(users).values(row))
    kept = {"user": user.id, "password_hash": password_hash, "changed_at": user.created_at}
    connection.execute(insert(credentials).values(kept))


def set_password(connection: Connection, user: UUID, password_hash: str, now: datetime) -> None:
    """Put `password_hash` in the place of the one that is kept, in the caller's transaction."""
    kept = update(credentials).where(credentials.c.user == user)
    connection.execute(kept.values(password_hash=password_hash, changed_at=now))


def is_still(connection: Connection, user: UUID, kept: Kept) -> bool:
    """Whether the password is the one that was kept then; it stays so until the caller's transaction ends."""
    statement = select(credentials.c.changed_at).where(credentials.c.user == user).with_for_update()
    return bool(connection.execute(statement).scalar_one_or_none() == kept.changed_at)


class People:
    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def add(self, email: str, password_hash: str, *, is_admin: bool) -> User:
        """A new user. Raises EmailInvalid, EmailTaken."""
        user = User(new_id(), checked_email(email), is_admin, self._clock())

        def body(connection: Connection) -> None:
            try:
                insert_user(connection, user, email_key(user.email), password_hash)
            except IntegrityError as error:
                raise EmailTaken(f"{user.email} has an account.") from error

        self._database.write(body)
        return user

    def with_password(self, email: str) -> tuple[User, Kept] | None:
        """The user who may sign in under `email`, which is a checked address, and what is kept of their password."""
        statement = (
            select(*_COLUMNS, credentials.c.password_hash, credentials.c.changed_at)
            .join(credentials, credentials.c.user == users.c.id)
            .where(users.c.email_key == email_key(email), users.c.disabled_at.is_(None))
        )
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return (_user(row), Kept(row.password_hash, row.changed_at)) if row else None

    def named(self, name: str) -> User:
        """By the address of one who signs in here, or by the id of anybody. Raises UserNotFound, EmailInvalid."""
        try:
            key = users.c.id == UUID(name)
        except ValueError:
            key = users.c.email_key == email_key(checked_email(name))
        row = self._database.read(lambda connection: connection.execute(select(*_COLUMNS).where(key)).one_or_none())
        if row is None:
            raise UserNotFound("Nobody here has this e-mail address or id.")
        return _user(row)

    def find(self, user: UUID) -> User | None:
        """None for one who is not here, such as the subject of an outside issuer."""
        statement = select(*_COLUMNS).where(users.c.id == user)
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return _user(row) if row else None

    def kept(self, user: UUID) -> Kept | None:
        """None for one who has no password here."""
        statement = select(credentials.c.password_hash, credentials.c.changed_at).where(credentials.c.user == user)
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return Kept(row.password_hash, row.changed_at) if row else None

    def exist(self) -> bool:
        """Whether there is anybody."""
        return (
            self._database.read(lambda connection: connection.execute(select(users.c.id).limit(1)).first()) is not None
        )

    def replace_hash(self, user: UUID, old: str, new: str) -> None:
        """Keep `new` in place of `old`: the same password under today's parameters. Nothing if it was changed meanwhile."""
        table = credentials.c
        statement = update(credentials).where(table.user == user, table.password_hash == old).values(password_hash=new)
        self._database.write(lambda connection: connection.execute(statement))

    def disable(self, user: UUID) -> None:
        """From now on nothing of theirs is let in. Raises UserNotFound. Twice is fine."""
        statement = update(users).where(users.c.id == user).values(disabled_at=self._clock())
        if self._database.write(lambda connection: connection.execute(statement).rowcount) == 0:
            raise UserNotFound
        self._verdicts.forget()

    def closing(self) -> list[User]:
        """Those who are being deleted."""
        statement = select(*_COLUMNS).where(users.c.closing_at.is_not(None)).order_by(users.c.id)
        return [_user(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def close(self, user: UUID) -> None:
        """Nothing of theirs is let in from now on, nor kept, but who they were. Raises UserNotFound. Twice is fine."""
        now = self._clock()
        closing = {
            "disabled_at": func.coalesce(users.c.disabled_at, literal(now, users.c.disabled_at.type)),
            "closing_at": func.coalesce(users.c.closing_at, literal(now, users.c.closing_at.type)),
        }

        def body(connection: Connection) -> int:
            closed = connection.execute(update(users).where(users.c.id == user).values(closing)).rowcount
            _drop_credentials(connection, user)
            return closed

        if self._database.write(body) == 0:
            raise UserNotFound
        self._verdicts.forget()

    def forget(self, user: UUID) -> None:
        """Who was closed is not known any more, and their address is free. One who is gone already is fine."""

        def body(connection: Connection) -> None:
            closed = (users.c.id == user) & users.c.closing_at.is_not(None)
            if connection.execute(select(users.c.id).where(closed).with_for_update()).first() is not None:
                _drop_credentials(connection, user)
                connection.execute(delete(users).where(closed))

        self._database.write(body)

    def list(self, after: User | None, limit: int) -> list[User]:
        """By address, or what is told in its place, behind `after`."""
        key = func.coalesce(users.c.email_key, users.c.email)
        statement = select(*_COLUMNS).order_by(key, users.c.id).limit(limit)
        if after is not None:
            last = after.email if after.issuer else email_key(after.email)
            statement = statement.where(or_(key > last, and_(key == last, users.c.id > after.id)))
        return [_user(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]


def _drop_credentials(connection: Connection, user: UUID) -> None:
    """In the order in which they point to each other."""
    for table in (
        outside_sessions,
        sessions,
        tokens,
        refresh_tokens,
        codes,
        device_codes,
        consents,
        devices,
        credentials,
    ):
        connection.execute(delete(table).where(table.c.user == user))
    connection.execute(update(invitations).where(invitations.c.invited_by == user).values(invited_by=None))


def _user(row: Row[*tuple[object, ...]]) -> User:
    return User(row.id, row.email, row.is_admin, row.created_at, row.disabled_at, row.closing_at, row.issuer)
