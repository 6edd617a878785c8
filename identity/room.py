"""Identity put together on one database; what the server's own command line works with."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import select

from foundation.database import Database
from foundation.jwt import JwtVerifier, TrustedIssuer
from foundation.outside import OutsideProvider
from foundation.room_tokens import RoomTokenVerifier
from identity import migration
from identity.attempts import Attempts
from identity.clients import Client, Clients, NewClient, command_line_client, room_clients
from identity.clock import Clock, system_clock
from identity.codes import Codes
from identity.consents import Consents
from identity.device_codes import DeviceCodes
from identity.devices import Devices
from identity.errors import RegistrationClosed, TokenInvalid
from identity.id_tokens import IdTokens
from identity.invitations import Invitations, NewInvitation
from identity.issuer import Issuer
from identity.keys import Seal, SigningKeys
from identity.model import NewCredential, User, allowed_scopes
from identity.outside_client import OutsideClient, outside_client
from identity.outside_flow import Flows
from identity.outside_people import OutsidePeople
from identity.outside_sessions import OutsideSessions
from identity.outside_sign_in import OutsideSignIn
from identity.outside_tokens import AskedTokens
from identity.own_account import OwnAccount
from identity.parts import Parts
from identity.passwords import Passwords
from identity.people import People
from identity.provider import Provider
from identity.refresh import RefreshTokens
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

    def __init__(  # noqa: PLR0913 — keywords of the one place where identity is put together.
        self,
        database: Database,
        secret: bytes,
        public_url: str,
        *,
        settings: IdentitySettings | None = None,
        outside: OutsideProvider | None = None,
        passwords: Passwords | None = None,
        clock: Clock,
    ) -> None:
        self._database, self._clock = database, clock
        settings = settings or IdentitySettings()
        self._passwords = passwords or Passwords()
        verdicts = Verdicts()
        keys = SigningKeys(database, secret, clock)
        own = TrustedIssuer(public_url, public_url, keys, is_own=True)
        issuers = [own, outside.trusted] if outside else [own]
        jwt = JwtVerifier(issuers, lambda: clock().timestamp())
        people, sessions = People(database, verdicts, clock), Sessions(database, verdicts, clock)
        attempts = Attempts(time.monotonic)
        issuer = Issuer(public_url, keys, clock)
        client = outside_client(outside, public_url, clock)
        asked = AskedTokens(client) if outside and client and outside.settings.oidc_introspection else None
        self.verifier = IdentityVerifier(Standings(database), jwt, verdicts, clock, asked)
        self.rooms = RoomTokenVerifier(public_url, keys, lambda: clock().timestamp())
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
            outside=self._outside_sign_in(client, secret, sessions, verdicts) if client else None,
            keys=keys,
            issuer=issuer,
            verifier=self.verifier,
            provider=Provider(
                public_url=public_url,
                people=people,
                clients=Clients(
                    database, verdicts, clock, [command_line_client(settings.cli_client_id), *room_clients(secret)]
                ),
                consents=Consents(database, verdicts, clock),
                codes=Codes(database, verdicts, clock),
                refresh=RefreshTokens(database, verdicts, clock),
                device_codes=DeviceCodes(database, clock),
                guesses=Attempts(time.monotonic),
                issuer=issuer,
                id_tokens=IdTokens(public_url, keys, clock),
            ),
            clock=clock,
            ready=self.ready,
        )

    def _outside_sign_in(
        self, client: OutsideClient, secret: bytes, sessions: Sessions, verdicts: Verdicts
    ) -> OutsideSignIn:
        seal = Seal(secret, b"cairn outside sessions 1")
        return OutsideSignIn(
            client,
            Flows(secret, self._clock),
            OutsidePeople(self._database, client.provider.issuer, self._clock),
            sessions,
            OutsideSessions(self._database, client, seal, verdicts, self._clock),
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
        self.parts.own_account.set_password(self.parts.people.named(email).id, password)

    def user(self, email: str) -> User:
        """Raises UserNotFound."""
        return self.parts.people.named(email)

    def disable_user(self, email: str) -> None:
        """Let nothing of theirs in any more. Raises UserNotFound."""
        self.parts.people.disable(self.parts.people.named(email).id)

    def close_user(self, email: str) -> User:
        """All that lets them in is gone; who they are stays until `forget_user`. Raises UserNotFound. Twice is fine."""
        user = self.parts.people.named(email)
        self.parts.people.close(user.id)
        return self.parts.people.named(email)

    def forget_user(self, user: UUID) -> None:
        """Who was closed is not known any more."""
        self.parts.people.forget(user)

    def users(self, after: User | None = None, limit: int = 1000) -> list[User]:
        """By address, behind `after`."""
        return self.parts.people.list(after, limit)

    def closing_users(self) -> list[User]:
        """Those who are being deleted."""
        return self.parts.people.closing()

    def create_token(
        self, email: str, name: str, scopes: Sequence[str] = ("files",), expires_at: datetime | None = None
    ) -> NewCredential:
        """A personal token of the user with this address; its `secret` is told this once. Raises UserNotFound, TokenInvalid."""
        user = self.parts.people.named(email)
        if set(scopes) - allowed_scopes(is_admin=True) == set() and set(scopes) - allowed_scopes(user.is_admin):
            raise TokenInvalid(f"{user.email} is no admin.", field="scopes")
        return self.parts.tokens.create(user.id, name, scopes, expires_at)

    def add_client(self, wanted: Client, *, is_public: bool) -> NewClient:
        """A program that may ask people here for access; its secret is told this once. Raises ClientInvalid."""
        return self.parts.provider.clients.add(wanted, is_public=is_public)

    def clients(self) -> list[Client]:
        """Those that were added, oldest first."""
        return self.parts.provider.clients.list()

    def revoke_client(self, client: str) -> None:
        """Whatever it was let into ends. Raises ClientNotFound."""
        self.parts.provider.clients.revoke(client)

    def rotate_keys(self) -> str:
        """Sign with a new key, whose id is returned. Servers that run follow within a minute; old tokens stay good until they end."""
        self.parts.keys.rotate()
        return str(self.parts.keys.current().kid)

    def expire(self) -> int:
        """Remove a slice of what has ended; says how many sessions, codes and refresh tokens. To be called now and then."""
        self.parts.invitations.expire()
        return self.parts.sessions.expire() + self.parts.provider.expire()

    def refresh(self) -> int:
        """See which sessions the outside provider still wants; says how many it was asked about. To be called every few seconds."""
        return self.parts.outside.kept.refresh() if self.parts.outside else 0

    def ready(self) -> None:
        """Raises what is wrong: DatabaseUnavailable, SecretMismatch."""
        self._database.read(lambda connection: connection.execute(select(users.c.id).limit(1)).first())
        self.parts.keys.current()

    def close(self) -> None:
        """Close the database, if this room opened it."""


class _OwnDatabase(IdentityRoom):
    def close(self) -> None:
        self._database.close()


def open_identity(  # noqa: PLR0913 — as IdentityRoom's.
    database: Database | str,
    secret: bytes,
    public_url: str,
    *,
    settings: IdentitySettings | None = None,
    outside: OutsideProvider | None = None,
    passwords: Passwords | None = None,
    clock: Clock = system_clock,
) -> IdentityRoom:
    """The room on `database`, or on a database location that it then closes itself; `migrate` has run.

    `secret`: CAIRN_SECRET, 32 bytes or more. Share the Database with the catalogue on SQLite: it has one writer, and waits
    in a fair line only within one Database.
    """
    if isinstance(database, Database):
        return IdentityRoom(
            database, secret, public_url, settings=settings, outside=outside, passwords=passwords, clock=clock
        )
    return _OwnDatabase(
        Database(database), secret, public_url, settings=settings, outside=outside, passwords=passwords, clock=clock
    )


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
