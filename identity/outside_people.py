"""People of an outside provider: known by issuer and subject, never by what it says of their e-mail address."""

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Database
from foundation.jwt import outside_user
from identity.clock import Clock
from identity.emails import MAX_CHARACTERS
from identity.errors import OutsideRefused
from identity.schema import users


class OutsidePeople:
    def __init__(self, database: Database, issuer: str, clock: Clock) -> None:
        self._database, self._issuer, self._clock = database, issuer, clock

    def known(self, claims: Mapping[str, Any]) -> UUID:
        """The person of a proved ID token, made known if this is their first time; never an administrator.

        Raises OutsideRefused for one whose account here is closed.
        """
        subject = str(claims["sub"])
        user, name = outside_user(self._issuer, subject), _name(claims, subject)

        def body(connection: Connection) -> None:
            row = connection.execute(select(users.c.disabled_at).where(users.c.id == user)).one_or_none()
            if row is not None and row.disabled_at is not None:
                raise OutsideRefused("Your account here is closed.")
            if row is not None:
                connection.execute(update(users).where(users.c.id == user, users.c.email != name).values(email=name))
                return
            new = {"id": user, "email": name, "issuer": self._issuer, "subject": subject}
            connection.execute(insert(users).values(**new, is_admin=False, created_at=self._clock()))

        try:
            self._database.write(body)
        except IntegrityError:  # The same person came for the first time twice at once.
            self._database.write(body)
        return user


def _name(claims: Mapping[str, Any], subject: str) -> str:
    """What people call them, for them to read only."""
    for claim in ("email", "preferred_username", "name"):
        told = claims.get(claim)
        if isinstance(told, str) and told.strip():
            shown = "".join(one for one in told.strip() if unicodedata.category(one)[0] != "C")
            return shown[:MAX_CHARACTERS]
    return subject
