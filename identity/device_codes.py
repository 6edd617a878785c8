"""Device authorizations: a program without a browser shows a code, and a person allows it elsewhere (RFC 8628)."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from foundation.database import Database
from foundation.problems import Unavailable
from identity.clients import Client
from identity.clock import Clock
from identity.codes import begin
from identity.devices import MAX_NAME_CHARACTERS
from identity.errors import UserCodeNotFound
from identity.model import Access, Consent, DeviceKind
from identity.opaque import digest, new_code
from identity.schema import device_codes, users

LIFETIME = timedelta(minutes=15)
INTERVAL_SECONDS = 5
SLOWER_BY_SECONDS = 5  # RFC 8628, 3.5
MAX_OPEN = 10_000  # Anybody may ask: the table must not grow with it.
# Consonants only, so that no code is a word (RFC 8628, 6.1): 20^8 of them.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_USER_CODE = re.compile(f"[{_LETTERS}]{{8}}")
# Timers are not exact: whoever waits as long as they were told is not too quick.
_GRACE = timedelta(seconds=1)


class Poll(StrEnum):
    """What a program that asks whether it was allowed is told: RFC 8628's words."""

    ALLOWED = "allowed"
    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    UNKNOWN = "invalid_grant"


@dataclass(frozen=True, slots=True)
class NewDeviceCode:
    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for a person's answer, as the person sees it."""

    client: str
    device_name: str
    address: str
    scopes: frozenset[str]
    requested_at: datetime


class DeviceCodes:
    """Atomic across processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def make(self, client: Client, scopes: frozenset[str], device_name: str, address: str) -> NewDeviceCode:
        """Raises Unavailable while too many wait."""
        secret = new_code()
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))

        def body(connection: Connection) -> None:
            now, table = self._clock(), device_codes.c
            # Kept for a while after its end: the program is told that it ended, not that it never was.
            connection.execute(delete(device_codes).where(table.expires_at <= now - LIFETIME))
            if connection.execute(select(func.count()).select_from(device_codes)).scalar_one() >= MAX_OPEN:
                raise Unavailable("Too many programs wait to be allowed.")
            row = {
                "code_hash": digest(secret), "user_code": user_code, "client": client.id,
                "device_name": shown_name(device_name), "address": address, "scopes": " ".join(sorted(scopes)),
                "interval_seconds": INTERVAL_SECONDS, "created_at": now, "expires_at": now + LIFETIME,
            }  # fmt: skip
            connection.execute(insert(device_codes).values(row))

        self._database.write(body)
        return NewDeviceCode(secret, f"{user_code[:4]}-{user_code[4:]}")

    def waiting(self, user_code: str) -> Waiting:
        """Raises UserCodeNotFound, also for one that was answered or has ended."""
        row = self._database.read(lambda connection: self._open(connection, user_code))
        return Waiting(row.client, row.device_name, row.address, frozenset(row.scopes.split()), row.created_at)

    def answer(self, user_code: str, consent: Consent, *, allow: bool) -> None:
        """The person of `consent` allows or denies what waits, whose client and scopes count. Raises UserCodeNotFound."""

        def body(connection: Connection) -> None:
            row = self._open(connection, user_code)
            values = {"user": consent.user, "is_allowed": allow, "authenticated_at": consent.authenticated_at}
            unanswered = (device_codes.c.code_hash == row.code_hash, device_codes.c.is_allowed.is_(None))
            if connection.execute(update(device_codes).where(*unanswered).values(values)).rowcount == 0:
                raise UserCodeNotFound

        self._database.write(body)

    def poll(self, secret: str, client: Client) -> Poll:
        """What `client` is told now; who asks too often is to ask less often from then on."""

        def body(connection: Connection) -> Poll:
            now = self._clock()
            row = _row(connection, secret, client)
            if row is None:
                return Poll.UNKNOWN
            if row.expires_at <= now:
                return Poll.EXPIRED
            if row.is_allowed is not None:
                return Poll.ALLOWED if row.is_allowed else Poll.DENIED
            is_quick = row.polled_at is not None and now - row.polled_at < _interval(row) - _GRACE
            values = {"polled_at": now, "interval_seconds": row.interval_seconds + SLOWER_BY_SECONDS * is_quick}
            mine = device_codes.c.code_hash == row.code_hash
            connection.execute(update(device_codes).where(mine).values(values))
            return Poll.SLOW_DOWN if is_quick else Poll.PENDING

        return self._database.write(body)

    def exchange(self, secret: str, client: Client, kind: DeviceKind) -> Access | None:
        """What it lets `client` in with, once; None where another exchange came first, or the person is let in no more."""

        def body(connection: Connection) -> Access | None:
            now = self._clock()
            row = _row(connection, secret, client)
            if row is None or not row.is_allowed or row.expires_at <= now:
                return None
            gone = delete(device_codes).where(device_codes.c.code_hash == row.code_hash)
            is_live = select(users.c.id).where(users.c.id == row.user, users.c.disabled_at.is_(None))
            if connection.execute(gone).rowcount == 0 or connection.execute(is_live).first() is None:
                return None
            consent = Consent(row.user, row.client, frozenset(row.scopes.split()), row.authenticated_at)
            return begin(connection, consent, client, (kind, row.device_name), now)

        return self._database.write(body)

    def _open(self, connection: Connection, user_code: str) -> Row[*tuple[object, ...]]:
        table = device_codes.c
        statement = select(device_codes).where(
            table.user_code == letters_of(user_code), table.expires_at > self._clock(), table.is_allowed.is_(None)
        )
        row = connection.execute(statement).one_or_none()
        if row is None:
            raise UserCodeNotFound("Look whether it is written as the program shows it; it ends after 15 minutes.")
        return row


def letters_of(user_code: str) -> str:
    """The letters that were meant, however they were typed. Raises UserCodeNotFound for what no code can be."""
    letters = "".join(one for one in user_code.upper() if one.isalnum())
    if not _USER_CODE.fullmatch(letters):
        raise UserCodeNotFound("A code has eight letters, without vowels, as in BCDF-GHJK.")
    return letters


def shown_name(name: str) -> str:
    """A program's word on what it runs on: nothing that cannot be seen, as many characters as a name has."""
    seen = "".join(one for one in name if unicodedata.category(one)[0] != "C").strip()
    return seen[:MAX_NAME_CHARACTERS] or "A program"


def _interval(row: Row[*tuple[object, ...]]) -> timedelta:
    return timedelta(seconds=float(str(row.interval_seconds)))


def _row(connection: Connection, secret: str, client: Client) -> Row[*tuple[object, ...]] | None:
    table = device_codes.c
    mine = (table.code_hash == digest(secret), table.client == client.id)
    return connection.execute(select(device_codes).where(*mine).with_for_update()).one_or_none()
