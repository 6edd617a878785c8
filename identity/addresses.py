"""Who signs in here under which address: read for manifests, and put back where identity was lost with the catalogue."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from foundation.database import Database
from foundation.sql import any_of
from identity.emails import email_key
from identity.model import User
from identity.people import insert_user
from identity.schema import users


@dataclass(frozen=True, slots=True)
class Address:
    user: UUID
    email: str
    is_admin: bool


def addresses_of(database: Database, of: Collection[UUID]) -> Sequence[Address]:
    """Of those who sign in here; others are found by what their provider calls them. Raises DatabaseUnavailable."""
    columns = (users.c.id, users.c.email, users.c.is_admin)

    def body(connection: Connection) -> Sequence[Address]:
        here = any_of(connection, users.c.id, of) & users.c.email_key.is_not(None) & users.c.closing_at.is_(None)
        return [Address(*row) for row in connection.execute(select(*columns).where(here))]

    try:
        return database.read(body)
    except (OperationalError, ProgrammingError):  # Identity keeps its tables elsewhere, or this role may not read them.
        return []


def put_back(database: Database, lost: Iterable[Address]) -> Sequence[Address]:
    """Make these people again, under their ids, with a password that nobody knows. Who is not made: the address or the id is taken."""
    # Whoever only reads addresses needs nothing that hashes passwords.
    from identity.passwords import Passwords

    # One for all: the hash of what is forgotten at once lets nobody in.
    unknown = Passwords().hashed(secrets.token_hex(32))

    def body(connection: Connection) -> Sequence[Address]:
        left = []
        for one in lost:
            key = email_key(one.email)
            taken = select(users.c.id).where(or_(users.c.id == one.user, users.c.email_key == key))
            found = list(connection.execute(taken).scalars())
            if not found:
                insert_user(connection, User(one.user, one.email, one.is_admin, datetime.now(UTC)), key, unknown)
            elif found != [one.user]:
                left.append(one)
        return left

    return database.write(body, repeat_unknown=True)
