"""Refresh tokens: each is replaced when it is used, and one that comes again ends its family (RFC 9700, 4.14)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from foundation.database import Database
from identity.clients import Client
from identity.clock import Clock
from identity.devices import revoke_device
from identity.model import Access, Consent
from identity.opaque import digest, new_refresh_token
from identity.schema import devices, refresh_tokens, users
from identity.verdicts import Verdicts

IDLE = timedelta(days=90)
# A lost answer signs nobody out: the token before the newest is taken for so long (ALGORITHMS.md 10).
REPEATABLE = timedelta(seconds=30)
_EXPIRED_AT_ONCE = 500


class RefreshTokens:
    """One family is one device. Thread-safe, and atomic across processes."""

    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def find(self, secret: str) -> Consent | None:
        """What the token is good for; None for one that is not known, or has ended by itself."""
        row = self._database.read(lambda connection: _live(connection, secret, self._clock()))
        return _consent(row) if row else None

    def rotate(self, secret: str, client: Client) -> Access | None:
        """A new token in place of `secret`; None if that is not, or no longer, `client`'s.

        A token that was replaced is good once more while its client may have missed the answer: within REPEATABLE, and until one of
        the tokens that followed it is used. Later it is in two hands: the whole family ends, and its device is revoked.
        """
        new = new_refresh_token()

        def body(connection: Connection) -> tuple[Access | None, bool]:
            now = self._clock()
            device = _device(connection, secret)
            if device is None:
                return None, False
            # The device's row is the family's lock: two uses of a token at once come one after the other.
            connection.execute(select(devices.c.id).where(devices.c.id == device).with_for_update())
            row = _live(connection, secret, now)
            if row is None or row.client != client.id:
                return None, False
            if row.replaced_at is not None and not _is_repeatable(connection, row, now):
                revoke_device(connection, device, now)
                return None, True
            _replace(connection, row, now)
            add_refresh_token(connection, _consent(row), device, new, now)
            return Access(_consent(row), device, refresh_token=new), False

        access, is_ended = self._database.write(body)
        if is_ended:
            self._verdicts.forget()
        return access

    def end(self, secret: str, client: Client) -> None:
        """Sign out what has the token, if it is `client`'s. One that is no more is fine (RFC 7009, 2.2)."""
        table = refresh_tokens.c
        held = select(table.device).where(table.secret_hash == digest(secret), table.client == client.id)

        def body(connection: Connection) -> None:
            device = connection.execute(held).scalar_one_or_none()
            if device is not None:
                revoke_device(connection, device, self._clock())

        self._database.write(body)
        self._verdicts.forget()

    def end_device(self, user: UUID, device: UUID) -> None:
        """Sign this device of `user` out. One that is no more is fine."""
        mine = select(devices.c.id).where(
            devices.c.id == device, devices.c.user == user, devices.c.revoked_at.is_(None)
        )

        def body(connection: Connection) -> None:
            if connection.execute(mine).first() is not None:
                revoke_device(connection, device, self._clock())

        self._database.write(body)
        self._verdicts.forget()

    def expire(self) -> int:
        """Remove a slice of the tokens that have ended by themselves, and revoke devices that have no other; says how many."""
        now, table = self._clock(), refresh_tokens.c
        ended = select(table.secret_hash, table.device).where(table.expires_at <= now).limit(_EXPIRED_AT_ONCE)

        def body(connection: Connection) -> int:
            rows = connection.execute(ended).all()
            for row in rows:
                connection.execute(delete(refresh_tokens).where(table.secret_hash == row.secret_hash))
            for device in {row.device for row in rows}:
                if connection.execute(select(table.device).where(table.device == device).limit(1)).first() is None:
                    revoke_device(connection, device, now)
            return len(rows)

        return self._database.write(body)


def add_refresh_token(connection: Connection, consent: Consent, device: UUID, secret: str, now: datetime) -> None:
    """The newest of its family, in the transaction of what it follows from."""
    table = refresh_tokens.c
    newest = select(func.coalesce(func.max(table.generation), 0)).where(table.device == device)
    row = {
        "secret_hash": digest(secret), "user": consent.user, "device": device, "client": consent.client,
        "scopes": " ".join(sorted(consent.scopes)), "authenticated_at": consent.authenticated_at,
        "generation": connection.execute(newest).scalar_one() + 1, "created_at": now, "expires_at": now + IDLE,
    }  # fmt: skip
    connection.execute(insert(refresh_tokens).values(row))


def _device(connection: Connection, secret: str) -> UUID | None:
    table = refresh_tokens.c
    found: UUID | None = connection.execute(
        select(table.device).where(table.secret_hash == digest(secret))
    ).scalar_one_or_none()
    return found


def _live(connection: Connection, secret: str, now: datetime) -> Row[*tuple[object, ...]] | None:
    table = refresh_tokens.c
    statement = (
        select(refresh_tokens)
        .join(users, users.c.id == table.user)
        .where(table.secret_hash == digest(secret), table.expires_at > now, users.c.disabled_at.is_(None))
    )
    return connection.execute(statement).one_or_none()


def _is_repeatable(connection: Connection, row: Row[*tuple[object, ...]], now: datetime) -> bool:
    table = refresh_tokens.c
    later = and_(table.device == row.device, table.generation > row.generation, table.used_at.is_not(None))
    is_followed = connection.execute(select(table.generation).where(later).limit(1)).first() is not None
    return now - row.replaced_at <= REPEATABLE and not is_followed


def _replace(connection: Connection, row: Row[*tuple[object, ...]], now: datetime) -> None:
    """All tokens of the family are old from now on: also one that an answer carried which may be lost."""
    table = refresh_tokens.c
    newest = update(refresh_tokens).where(table.device == row.device, table.replaced_at.is_(None))
    connection.execute(newest.values(replaced_at=now))
    used = update(refresh_tokens).where(table.secret_hash == row.secret_hash, table.used_at.is_(None))
    connection.execute(used.values(used_at=now))


def _consent(row: Row[*tuple[object, ...]]) -> Consent:
    return Consent(row.user, row.client, frozenset(row.scopes.split()), row.authenticated_at)
