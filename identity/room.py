"""Identity put together on one database; what the server's own command line works with."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import select

from foundation.database import Database
from foundation.jwt import JwtVerifier, TrustedIssuer
from identity import migration
from identity.attempts import Attempts
from identity.clock import Clock, system_clock
from identity.devices import Devices
from identity.errors import RegistrationClosed, TokenInvalid
from identity.invitations import Invitations, NewInvitation
from identity.issuer import Issuer
from identity.keys import SigningKeys
from identity.model import NewCredential, User, allowed_scopes
from identity.own_account import OwnAccount
from identity.parts import Parts
from identity.passwords import Passwords
from identity.people import People
from identity.registration import Registrar
from identity.schema import users
from identity.sessions import Sessions
from identity.settings import IdentitySettings, Registration
from identity.sign_in import KnownBrowsers, SignIn
from identity.standings import Standings
from identity.tokens import Tokens
from identity.verdicts import Verdicts
from identity.verifier import IdentityVerifier


class IdentityRoom:
    """Everything of identity in this process. Thread-safe. Use as a context manager, or close it."""

    def __init__(
        self,
        database: Database,
        secret: bytes,
        public_url: str,
        *,
        settings: IdentitySettings | None = None,
        passwords: Passwords | None = None,
        clock: Clock,
    ) -> None:
        self._database, self._clock = database, clock
        settings = settings or IdentitySettings()
        self._passwords = passwords or Passwords()
        verdicts = Verdicts()
        keys = SigningKeys(database, secret, clock)
        own = TrustedIssuer(public_url, public_url, keys, is_own=True)
        jwt = JwtVerifier([own], lambda: clock().timestamp())
        people, sessions = People(database, verdicts, clock), Sessions(database, verdicts, clock)
        attempts = Attempts(time.monotonic)
        self.verifier = IdentityVerifier(Standings(database), jwt, verdicts, clock)
        self.parts = Parts(
            public_url=public_url,
            settings=settings,
            people=people,
            tokens=Tokens(database, verdicts, clock),
            devices=Devices(database, verdicts, clock),
            sessions=sessions,
            sign_in=SignIn(people, sessions, self._passwords, attempts, KnownBrowsers(secret)),
            registrar=Registrar(database, self._passwords, attempts, settings.registration_at(public_url), clock),
            invitations=Invitations(database, public_url, clock),
            own_account=OwnAccount(database, people, self._passwords, attempts, verdicts, clock),
            keys=keys,
            issuer=Issuer(public_url, keys, clock),
            verifier=self.verifier,
            ready=self.ready,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has_users(self) -> bool:
        return self.parts.people.exist()

    def add_user(self, email: str, password: str, *, is_admin: bool = False) -> User:
        """Raises EmailInvalid, EmailTaken, PasswordInvalid."""
        return self.parts.people.add(email, self._passwords.hashed(password), is_admin=is_admin)

    def invite(self, email: str) -> NewInvitation:
        """Let `email` make an account; its `link` is told this once. Raises EmailInvalid, RegistrationClosed."""
        if self.parts.registrar.mode is Registration.CLOSED:
            raise RegistrationClosed("An invitation is of no use while CAIRN_REGISTRATION is closed.")
        return self.parts.invitations.create(email, None)

    def set_password(self, email: str, password: str) -> None:
        """A new password, and nothing stays signed in but programs. Raises UserNotFound, PasswordInvalid."""
        self.parts.own_account.set_password(self.parts.people.by_email(email).id, password)

    def user(self, email: str) -> User:
        """Raises UserNotFound."""
        return self.parts.people.by_email(email)

    def disable_user(self, email: str) -> None:
        """Let nothing of theirs in any more. Raises UserNotFound."""
        self.parts.people.disable(self.parts.people.by_email(email).id)

    def close_user(self, email: str) -> User:
        """All that lets them in is gone; who they are stays until `forget_user`. Raises UserNotFound. Twice is fine."""
        user = self.parts.people.by_email(email)
        self.parts.people.close(user.id)
        return self.parts.people.by_email(email)

    def forget_user(self, user: UUID) -> None:
        """Who was closed is not known any more."""
        self.parts.people.forget(user)

    def users(self, after: str | None = None, limit: int = 1000) -> list[User]:
        """By address, behind the address `after`."""
        return self.parts.people.list(after, limit)

    def closing_users(self) -> list[User]:
        """Those who are being deleted."""
        return self.parts.people.closing()

    def create_token(
        self, email: str, name: str, scopes: Sequence[str] = ("files",), expires_at: datetime | None = None
    ) -> NewCredential:
        """A personal token of the user with this address; its `secret` is told this once. Raises UserNotFound, TokenInvalid."""
        user = self.parts.people.by_email(email)
        if set(scopes) - allowed_scopes(is_admin=True) == set() and set(scopes) - allowed_scopes(user.is_admin):
            raise TokenInvalid(f"{user.email} is no admin.", field="scopes")
        return self.parts.tokens.create(user.id, name, scopes, expires_at)

    def expire(self) -> int:
        """Remove a slice of what has ended; says how many sessions. To be called now and then."""
        self.parts.invitations.expire()
        return self.parts.sessions.expire()

    def ready(self) -> None:
        """Raises what is wrong: DatabaseUnavailable, SecretMismatch."""
        self._database.read(lambda connection: connection.execute(select(users.c.id).limit(1)).first())
        self.parts.keys.current()

    def close(self) -> None:
        """Close the database, if this room opened it."""


class _OwnDatabase(IdentityRoom):
    def close(self) -> None:
        self._database.close()


def open_identity(
    database: Database | str,
    secret: bytes,
    public_url: str,
    *,
    settings: IdentitySettings | None = None,
    passwords: Passwords | None = None,
    clock: Clock = system_clock,
) -> IdentityRoom:
    """The room on `database`, or on a database location that it then closes itself; `migrate` has run.

    `secret`: CAIRN_SECRET, 32 bytes or more. Share the Database with the catalogue on SQLite: it has one writer, and waits
    in a fair line only within one Database.
    """
    if isinstance(database, Database):
        return IdentityRoom(database, secret, public_url, settings=settings, passwords=passwords, clock=clock)
    return _OwnDatabase(Database(database), secret, public_url, settings=settings, passwords=passwords, clock=clock)


def migrate(database: Database | str) -> None:
    """Make the tables, or bring them up to date. Raises SchemaTooNew."""
    if isinstance(database, Database):
        migration.migrate(database)
        return
    opened = Database(database)
    try:
        migration.migrate(opened)
    finally:
        opened.close()
