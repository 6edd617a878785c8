"""What the database says of a credential now: whose it is, whether it still counts, and that it was used."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, or_, select, update

from foundation.database import Database
from identity.model import SESSION_SCOPES, Standing, allowed_scopes
from identity.schema import devices, sessions, tokens, users
from identity.sessions import IDLE

TOUCH_EVERY = timedelta(minutes=1)


class Standings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_token(self, secret_hash: bytes, now: datetime) -> Standing | None:
        """None if there is no such token, or it, its device or its person is no longer let in."""
        table = tokens.c
        statement = _live(tokens, table.scopes, table.expires_at, table.last_used_at).where(
            table.secret_hash == secret_hash,
            table.revoked_at.is_(None),
            or_(table.expires_at.is_(None), table.expires_at > now),
        )
        row = self._one(statement)
        if row is None:
            return None
        scopes = frozenset(row.scopes.split())
        return Standing(row.user, row.device, scopes, row.is_admin, row.expires_at, row.last_used_at)

    def of_session(self, secret_hash: bytes, now: datetime) -> Standing | None:
        """As `of_token`, of a browser's session."""
        table = sessions.c
        statement = _live(sessions, table.idle_until, table.ends_at, table.last_used_at).where(
            table.secret_hash == secret_hash, table.idle_until > now, table.ends_at > now
        )
        row = self._one(statement)
        if row is None:
            return None
        ends = min(row.idle_until, row.ends_at)
        return Standing(row.user, row.device, SESSION_SCOPES, row.is_admin, ends, row.last_used_at)

    def scopes_of(self, user: UUID, device: UUID | None) -> frozenset[str] | None:
        """What a signed token of this person and device may do at most; None if one of them is no longer let in."""
        statement = select(users.c.is_admin).where(users.c.id == user, users.c.disabled_at.is_(None))
        if device is not None:
            mine = and_(devices.c.user == users.c.id, devices.c.id == device, devices.c.revoked_at.is_(None))
            statement = statement.join(devices, mine)
        row = self._one(statement)
        return allowed_scopes(row.is_admin) if row else None

    def is_shut_out(self, user: UUID) -> bool:
        """Whether somebody is known here and not let in any more. Who is not known here is not."""
        statement = select(users.c.id).where(users.c.id == user, users.c.disabled_at.is_not(None))
        return self._one(statement) is not None

    def touch_token(self, secret_hash: bytes, device: UUID, now: datetime) -> None:
        """Note that the token is used now, unless that was noted within TOUCH_EVERY."""
        self._touch(tokens, secret_hash, device, {"last_used_at": now})

    def touch_session(self, secret_hash: bytes, device: UUID, now: datetime) -> None:
        """As `touch_token`; the session's idle end moves on."""
        self._touch(sessions, secret_hash, device, {"last_used_at": now, "idle_until": now + IDLE})

    def _touch(self, table: Table, secret_hash: bytes, device: UUID, values: dict[str, datetime]) -> None:
        now = values["last_used_at"]
        due = or_(table.c.last_used_at.is_(None), table.c.last_used_at <= now - TOUCH_EVERY)

        def body(connection: Connection) -> None:
            used = update(table).where(table.c.secret_hash == secret_hash, due).values(values)
            if connection.execute(used).rowcount:
                connection.execute(update(devices).where(devices.c.id == device).values(last_seen_at=now))

        self._database.write(body)

    def _one(self, statement: Select[Any]) -> Any:
        return self._database.read(lambda connection: connection.execute(statement).one_or_none())


def _live(credential: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """The rows of `credential` whose device is not revoked and whose person is not disabled."""
    joined: FromClause = credential.join(devices, devices.c.id == credential.c.device)
    joined = joined.join(users, users.c.id == credential.c.user)
    return (
        select(credential.c.user, credential.c.device, users.c.is_admin, *columns)
        .select_from(joined)
        .where(devices.c.revoked_at.is_(None), users.c.disabled_at.is_(None))
    )
