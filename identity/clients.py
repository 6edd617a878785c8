"""Clients: programs that may ask people here for access (RFC 6749, 2), and where their answers may go."""

import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from foundation.database import Database
from foundation.identity import Scope
from foundation.ids import new_id
from foundation.room_tokens import room_client_id, room_secret
from foundation.service_tokens import GRANTS, Room
from identity.clock import Clock
from identity.devices import revoke_device
from identity.errors import ClientInvalid, ClientNotFound
from identity.model import DeviceKind
from identity.opaque import digest
from identity.schema import clients, codes, device_codes, devices, refresh_tokens, users
from identity.verdicts import Verdicts

CODE = "authorization_code"
REFRESH = "refresh_token"
CREDENTIALS = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
OPENID, EMAIL, OFFLINE = "openid", "email", "offline_access"
# What a client may be given at most. Never the administration of the installation: whoever needs that uses a token of their own.
CLIENT_SCOPES = frozenset({OPENID, EMAIL, OFFLINE, Scope.FILES.value, Scope.FILES_READ.value, Scope.ACCOUNT.value})
CLI_CLIENT = "cairn-cli"
MAX_NAME_CHARACTERS = 100
MAX_ID_CHARACTERS = 100
_GRANTS = frozenset({CODE, REFRESH, CREDENTIALS, DEVICE})
# Loopback redirects (RFC 8252, 7.3): host and path are the client's, the port is any.
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?(/[^\s#]*)?")
# A private-use scheme is a domain name in reverse (RFC 8252, 7.1): one without a dot may be anybody's.
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[^\s#]*")
_HTTPS = re.compile(r"https://[^\s#/?@\\]+(/[^\s#\\]*)?(\?[^\s#\\]*)?")


@dataclass(frozen=True, slots=True)
class Client:
    """A client, with the questions that Authlib's grants ask of one (its ClientMixin)."""

    id: str
    name: str
    redirect_uris: frozenset[str]
    scopes: frozenset[str]  # what it may ask for at most
    grants: frozenset[str]
    created_at: datetime | None = None
    secret_hash: bytes | None = field(default=None, repr=False)  # None: a public client
    is_room: bool = False  # one of Cairn's own services

    @property
    def is_public(self) -> bool:
        return self.secret_hash is None

    @property
    def is_unproved(self) -> bool:
        """Whether any program on a person's machine could say that it is this one (RFC 8252, 8.6): it is never let in unasked."""
        return self.is_public and not all(uri.startswith("https:") for uri in self.redirect_uris)

    def get_client_id(self) -> str:
        return self.id

    def check_redirect_uri(self, uri: str) -> bool:
        """To the letter, save for the port of a loopback address (RFC 9700, 2.1)."""
        if uri in self.redirect_uris:
            return True
        asked = _LOOPBACK.fullmatch(uri)
        known = filter(None, map(_LOOPBACK.fullmatch, self.redirect_uris))
        return asked is not None and asked.groups() in {one.groups() for one in known}

    def check_client_secret(self, secret: str) -> bool:
        return self.secret_hash is not None and hmac.compare_digest(digest(secret), self.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 — Authlib's.
        return (method == "none") == self.is_public

    def check_grant_type(self, grant: str) -> bool:
        return grant in self.grants

    def granted(self, asked: Collection[str]) -> frozenset[str]:
        """What of `asked` it may have. Scopes that nobody knows are passed over (OpenID Connect Core, 3.1.2.1)."""
        return self.scopes & set(asked)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made. `secret` is the only copy; None for a public one."""

    client: Client
    secret: str | None = field(repr=False)


def command_line_client(id: str) -> Client:
    """Cairn's own command line: public, since whatever is installed on people's machines can keep no secret."""
    hosts = ("127.0.0.1", "[::1]", "localhost")
    return Client(
        id=id,
        name="Cairn command line",
        redirect_uris=frozenset(f"http://{host}/callback" for host in hosts),
        scopes=frozenset({OPENID, EMAIL, OFFLINE, Scope.FILES.value}),
        grants=frozenset({CODE, REFRESH, DEVICE}),
    )


def room_clients(secret: bytes) -> list[Client]:
    """Cairn's own services, which prove themselves by what CAIRN_SECRET makes of their names."""
    return [
        Client(
            id=room_client_id(room),
            name=f"Cairn {room}",
            redirect_uris=frozenset(),
            scopes=frozenset(GRANTS[room]),
            grants=frozenset({CREDENTIALS}),
            secret_hash=digest(room_secret(secret, room)),
            is_room=True,
        )
        for room in Room
        if GRANTS[room]
    ]


class Clients:
    """The registry: clients that come with the installation, and those that an operator added."""

    def __init__(self, database: Database, verdicts: Verdicts, clock: Clock, own: Collection[Client]) -> None:
        self._database, self._verdicts, self._clock = database, verdicts, clock
        self._own: Mapping[str, Client] = {client.id: client for client in own}

    def is_own(self, client: str) -> bool:
        """Whether it comes with the installation, so that no row of its is kept."""
        return client in self._own

    def find(self, client: str) -> Client | None:
        """None for one that nobody added, or that was revoked."""
        if client in self._own or not is_client_id(client):
            return self._own.get(client)
        statement = select(clients).where(clients.c.id == client, clients.c.revoked_at.is_(None))
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return _client(row) if row else None

    def list(self) -> list[Client]:
        """Those that were added and not revoked, oldest first."""
        statement = select(clients).where(clients.c.revoked_at.is_(None)).order_by(clients.c.created_at, clients.c.id)
        return [_client(row) for row in self._database.read(lambda connection: connection.execute(statement).all())]

    def add(self, wanted: Client, *, is_public: bool) -> NewClient:
        """A new client like `wanted`, whose id and time do not count. Raises ClientInvalid."""
        _check(wanted, is_public)
        secret = None if is_public else secrets.token_urlsafe(32)
        made = replace(
            wanted,
            id=str(new_id()),
            created_at=self._clock(),
            secret_hash=digest(secret) if secret is not None else None,
        )
        row = {
            "id": made.id, "name": made.name, "secret_hash": made.secret_hash, "created_at": made.created_at,
            "redirect_uris": " ".join(sorted(made.redirect_uris)), "scopes": " ".join(sorted(made.scopes)),
            "grants": " ".join(sorted(made.grants)),
        }  # fmt: skip

        def body(connection: Connection) -> None:
            connection.execute(insert(clients).values(row))
            if CREDENTIALS in made.grants:
                _add_machine(connection, made)

        self._database.write(body)
        return NewClient(made, secret)

    def revoke(self, client: str) -> None:
        """It is known no more, and whatever it was let into ends. Raises ClientNotFound."""
        live = update(clients).where(clients.c.id == client, clients.c.revoked_at.is_(None))

        def body(connection: Connection) -> None:
            now = self._clock()
            if not is_client_id(client) or connection.execute(live.values(revoked_at=now)).rowcount == 0:
                raise ClientNotFound
            end_devices(connection, client, None, now)
            _disable_machine(connection, UUID(client), now)

        self._database.write(body)
        self._verdicts.forget()


def is_client_id(text: str) -> bool:
    """Whether a row could have it: anything else is not looked for, since databases refuse some of it."""
    return text.isascii() and text.isprintable() and 1 <= len(text) <= MAX_ID_CHARACTERS


def end_devices(connection: Connection, client: str, user: object | None, now: datetime) -> None:
    """Cut off whatever `client` is signed in with, of `user` or of everybody, and what it was allowed and has not fetched."""
    allowed, waits = [codes.c.client == client, codes.c.device.is_(None)], [device_codes.c.client == client]
    if user is not None:
        allowed.append(codes.c.user == user)
        waits.append(device_codes.c.user == user)
    # First: what is being fetched now is there, as a device, once these rows are ours.
    connection.execute(delete(codes).where(*allowed))
    connection.execute(update(device_codes).where(*waits).values(is_allowed=False))
    found = set()
    for table in (refresh_tokens, codes):
        held = select(table.c.device).where(table.c.client == client, table.c.device.is_not(None))
        if user is not None:
            held = held.where(table.c.user == user)
        found |= set(connection.execute(held).scalars())
    for device in found:
        revoke_device(connection, device, now)


def _add_machine(connection: Connection, client: Client) -> None:
    """The account of a program that speaks for itself: its own, of its own id, with one device, and without any way to sign in."""
    machine = UUID(client.id)
    person = {"id": machine, "email": client.name, "is_admin": False, "created_at": client.created_at}
    connection.execute(insert(users).values(person))
    device = {"id": machine, "user": machine, "kind": DeviceKind.APPLICATION.value, "name": client.name}
    connection.execute(insert(devices).values(device | {"created_at": client.created_at}))


def _disable_machine(connection: Connection, machine: UUID, now: datetime) -> None:
    connection.execute(update(users).where(users.c.id == machine).values(disabled_at=now))
    revoke_device(connection, machine, now)


def _check(client: Client, is_public: bool) -> None:
    if not 1 <= len(client.name.strip()) <= len(client.name) <= MAX_NAME_CHARACTERS or not client.name.isprintable():
        raise ClientInvalid(f"A name has 1 to {MAX_NAME_CHARACTERS} characters that can be seen.", field="name")
    if not client.grants or not client.grants <= _GRANTS:
        raise ClientInvalid(f"A client has one grant or more of: {', '.join(sorted(_GRANTS))}.", field="grant")
    if not client.scopes <= CLIENT_SCOPES:
        raise ClientInvalid(f"Scopes are of: {', '.join(sorted(CLIENT_SCOPES))}.", field="scope")
    if is_public and CREDENTIALS in client.grants:
        raise ClientInvalid("A client without a secret has no credentials to be let in by.", field="grant")
    if (CODE in client.grants) != bool(client.redirect_uris):
        raise ClientInvalid(f"Redirect URIs go with the grant {CODE}, and it with them.", field="redirect_uri")
    for uri in client.redirect_uris:
        _check_redirect(uri, is_public)


def _check_redirect(uri: str, is_public: bool) -> None:
    kinds = [_HTTPS, _LOOPBACK, *[_PRIVATE_SCHEME] * is_public]
    if not uri.isascii() or not any(kind.fullmatch(uri) for kind in kinds) or "*" in (urlsplit(uri).hostname or ""):
        raise ClientInvalid(
            f"{uri!r}: https://…, http://127.0.0.1/…, or for a public client com.example.app:/…; without a fragment.",
            field="redirect_uri",
        )


def _client(row: Row[*tuple[object, ...]]) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        redirect_uris=frozenset(row.redirect_uris.split()),
        scopes=frozenset(row.scopes.split()),
        grants=frozenset(row.grants.split()),
        created_at=row.created_at,
        secret_hash=row.secret_hash,
    )
