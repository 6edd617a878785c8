"""Authorization codes: good once, for a minute, for one client, redirect URI and verifier (RFC 6749, 4.1; RFC 7636)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from foundation.database import Database
from identity.clients import OFFLINE, REFRESH, Client
from identity.clock import Clock
from identity.devices import insert_device, revoke_device
from identity.model import Access, Consent, DeviceKind
from identity.opaque import digest, new_code, new_refresh_token
from identity.refresh import add_refresh_token
from identity.schema import codes, refresh_tokens, users
from identity.verdicts import Verdicts

LIFETIME = timedelta(minutes=1)
# A code is kept for so long after its end: one that comes again ends what it began.
KEPT = timedelta(hours=1)
_EXPIRED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Code:
    """A code as Authlib's grant reads it."""

    consent: Consent
    redirect_uri: str
    code_challenge: str
    nonce: str | None
    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri


class Codes:
    """Atomic across processes."""

    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock

    def make(self, code: Code) -> str:
        """The secret of a new one."""
        secret, consent = new_code(), code.consent
        row = {
            "code_hash": digest(secret), "user": consent.user, "client": consent.client,
            "redirect_uri": code.redirect_uri, "scopes": " ".join(sorted(consent.scopes)),
            "challenge": code.code_challenge, "nonce": code.nonce, "authenticated_at": consent.authenticated_at,
            "expires_at": self._clock() + LIFETIME,
        }  # fmt: skip
        self._database.write(lambda connection: connection.execute(insert(codes).values(row)))
        return secret

    def find(self, secret: str, client: Client) -> Code | None:
        """None unless it is `client`'s and still good. One that was used already ends what it began (RFC 6749, 4.1.2)."""
        row = self._database.read(lambda connection: _row(connection, secret, client))
        if row is not None and row.device is not None:
            self.end(secret, client)
            return None
        return _code(row) if row is not None and row.expires_at > self._clock() else None

    def exchange(self, secret: str, client: Client, kind: DeviceKind, name: str) -> Access | None:
        """What it lets `client` in with, on a device of this kind and name; None where another exchange came first."""

        def body(connection: Connection) -> Access | None:
            now = self._clock()
            row = _locked(connection, secret, client)
            if row is None or row.device is not None or row.expires_at <= now:
                return None
            access = begin(connection, _code(row).consent, client, (kind, name), now)
            mine = (codes.c.code_hash == row.code_hash, codes.c.device.is_(None))
            connection.execute(update(codes).where(*mine).values(device=access.device))
            return Access(access.consent, access.device, row.nonce, access.refresh_token)

        access = self._database.write(body)
        if access is None:
            self.end(secret, client)
        return access

    def end(self, secret: str, client: Client) -> None:
        """Cut off what the code began."""

        def body(connection: Connection) -> None:
            row = _locked(connection, secret, client)
            if row is not None and row.device is not None:
                revoke_device(connection, row.device, self._clock())

        self._database.write(body)
        self._verdicts.forget()

    def expire(self) -> int:
        """Remove a slice of the codes that nobody needs to know any more, and the devices whose tokens have ended with them."""
        now, table = self._clock(), codes.c
        ended = select(table.code_hash, table.device).where(table.expires_at <= now - KEPT).limit(_EXPIRED_AT_ONCE)

        def body(connection: Connection) -> int:
            rows = connection.execute(ended).all()
            for row in rows:
                connection.execute(delete(codes).where(table.code_hash == row.code_hash))
                held = select(refresh_tokens.c.device).where(refresh_tokens.c.device == row.device).limit(1)
                if row.device is not None and connection.execute(held).first() is None:
                    revoke_device(connection, row.device, now)
            return len(rows)

        return self._database.write(body)


def begin(
    connection: Connection, consent: Consent, client: Client, device: tuple[DeviceKind, str], now: datetime
) -> Access:
    """Let `client` in, on a new device of this kind and name; with a refresh token where it may go on without the person."""
    id: UUID = insert_device(connection, consent.user, *device, now)
    if OFFLINE not in consent.scopes or REFRESH not in client.grants:
        return Access(consent, id)
    secret = new_refresh_token()
    add_refresh_token(connection, consent, id, secret, now)
    return Access(consent, id, refresh_token=secret)


def _row(connection: Connection, secret: str, client: Client) -> Row[*tuple[object, ...]] | None:
    statement = (
        select(codes)
        .join(users, users.c.id == codes.c.user)
        .where(codes.c.code_hash == digest(secret), codes.c.client == client.id, users.c.disabled_at.is_(None))
    )
    return connection.execute(statement).one_or_none()


def _locked(connection: Connection, secret: str, client: Client) -> Row[*tuple[object, ...]] | None:
    """As `_row`; two exchanges at once come one after the other."""
    connection.execute(select(codes.c.device).where(codes.c.code_hash == digest(secret)).with_for_update())
    return _row(connection, secret, client)


def _code(row: Row[*tuple[object, ...]]) -> Code:
    consent = Consent(row.user, row.client, frozenset(row.scopes.split()), row.authenticated_at)
    return Code(consent, row.redirect_uri, row.challenge, row.nonce)
