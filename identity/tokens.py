"""Personal tokens: made, listed, revoked by the person they speak for."""

import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from foundation.database import Database
from foundation.identity import Scope
from foundation.ids import new_id
from identity.clock import Clock
from identity.devices import MAX_NAME_CHARACTERS, insert_device, revoke_device
from identity.errors import TokenInvalid, TokenNotFound, UserNotFound
from identity.model import USER_SCOPES, DeviceKind, NewCredential, PersonalToken
from identity.opaque import digest, new_token
from identity.schema import tokens, users
from identity.verdicts import Verdicts

MAX_TOKENS = 500  # of a person, at a time


class Tokens:
    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def create(self, user: UUID, name: str, scopes: Collection[str], expires_at: datetime | None) -> NewCredential:
        """A new token with a device of its own. Raises TokenInvalid, UserNotFound (who is disabled, or not of this house)."""
        self._check(name, scopes, expires_at)
        made = NewCredential(new_id(), new_token())

        def body(connection: Connection) -> None:
            now = self._clock()
            _check_owner(connection, user)
            device = insert_device(connection, user, DeviceKind.TOKEN, name, now)
            row = {
                "id": made.id, "user": user, "device": device, "name": name, "scopes": " ".join(sorted(scopes)),
                "secret_hash": digest(made.secret), "created_at": now, "expires_at": expires_at,
            }  # fmt: skip
            connection.execute(insert(tokens).values(row))

        self._database.write(body)
        return made

    def list(self, user: UUID, after: UUID | None, limit: int) -> list[PersonalToken]:
        """The tokens of `user` that are not revoked, in the order of their ids, beginning behind `after`."""
        table = tokens.c
        statement = select(tokens).where(table.user == user, table.revoked_at.is_(None)).order_by(table.id).limit(limit)
        if after is not None:
            statement = statement.where(table.id > after)
        return [_token(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def revoke(self, user: UUID, token: UUID) -> None:
        """Raises TokenNotFound, also for somebody else's."""
        table = tokens.c
        live = select(table.device).where(table.id == token, table.user == user, table.revoked_at.is_(None))

        def body(connection: Connection) -> None:
            device = connection.execute(live).scalar_one_or_none()
            if device is None:
                raise TokenNotFound
            revoke_device(connection, device, self._clock())

        self._database.write(body)
        self._verdicts.forget()

    def _check(self, name: str, scopes: Collection[str], expires_at: datetime | None) -> None:
        if not 1 <= len(name.strip()) <= len(name) <= MAX_NAME_CHARACTERS:
            raise TokenInvalid(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.", field="name")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
            raise TokenInvalid("A name holds no control characters.", field="name")
        if not scopes or not set(scopes) <= USER_SCOPES:
            known = ", ".join(scope.value for scope in Scope if scope in USER_SCOPES)
            raise TokenInvalid(f"A token has one scope or more of: {known}.", field="scopes")
        if expires_at is not None and not _is_to_come(expires_at, self._clock()):
            raise TokenInvalid("A token ends at a time to come, with its zone.", field="expires_at")


def _is_to_come(time: datetime, now: datetime) -> bool:
    """The last hours of the year 9999, west of Greenwich, are in a year that no database gives back."""
    try:
        return time.tzinfo is not None and time.astimezone(UTC) > now
    except OverflowError:
        return False


def _check_owner(connection: Connection, user: UUID) -> None:
    live = select(users.c.id).where(users.c.id == user, users.c.disabled_at.is_(None))
    if connection.execute(live).first() is None:
        raise UserNotFound("Only people who are registered here have tokens.")
    count = select(func.count()).where(tokens.c.user == user, tokens.c.revoked_at.is_(None))
    if connection.execute(count).scalar_one() >= MAX_TOKENS:
        raise TokenInvalid(f"You have {MAX_TOKENS} tokens. Revoke some first.", field="name")


def _token(row: Row[*tuple[object, ...]]) -> PersonalToken:
    scopes = frozenset(str(row.scopes).split())
    return PersonalToken(row.id, row.device, row.name, scopes, row.created_at, row.expires_at, row.last_used_at)
