"""The tables of identity, the same on SQLite and PostgreSQL. They stand beside the catalogue's, and share nothing with them."""

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, Uuid

from foundation.sql import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="RESTRICT")


def _user(**options: Any) -> Column[Any]:
    return Column("user", Uuid, _of("users.id"), nullable=False, **options)


users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column(
        "email_key", Text, unique=True
    ),  # of people who sign in here; an outside issuer's word on an address binds nobody
    Column("issuer", Text),  # of people who sign in elsewhere, with their subject there
    Column("subject", Text),
    Column("is_admin", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("closing_at", Instant),  # since when all that is theirs is on its way out; then they are disabled too
    UniqueConstraint("issuer", "subject"),
)

credentials = Table(
    "credentials",
    metadata,
    _user(primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Uuid, primary_key=True),
    _user(index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant),
    Column("revoked_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    _user(index=True),
    Column("device", Uuid, _of("devices.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("idle_until", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    _user(index=True),
    Column("device", Uuid, _of("devices.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces, as OAuth writes them
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary(32)),  # NULL: a public client
    Column("redirect_uris", Text, nullable=False),  # separated by spaces
    Column("scopes", Text, nullable=False),  # what it may ask for at most, separated by spaces
    Column("grants", Text, nullable=False),  # grant types, separated by spaces
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

consents = Table(
    "consents",
    metadata,
    _user(primary_key=True),
    Column("client", Text, _of("clients.id"), primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
)

# Authorization codes (RFC 6749, 4.1). Kept for a while after their use: a second use ends what the first one began.
codes = Table(
    "codes",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    _user(index=True),
    Column("client", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text, nullable=False),  # S256 of the verifier (RFC 7636)
    Column("nonce", Text),
    Column("authenticated_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("device", Uuid, _of("devices.id"), index=True),  # made when the code is exchanged; NULL: it was not
)

# One family is one device: each refresh replaces its newest token (RFC 9700, 4.14).
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    _user(index=True),
    Column("device", Uuid, _of("devices.id"), nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("generation", Integer, nullable=False),  # in its family
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),  # when it was presented first
    Column("replaced_at", Instant),  # NULL: the newest of its device
)

# Device authorizations (RFC 8628).
device_codes = Table(
    "device_codes",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("user_code", Text, nullable=False, unique=True),
    Column("client", Text, nullable=False),
    Column("device_name", Text, nullable=False),
    Column("address", Text, nullable=False),  # where the request came from, for the person to judge by
    Column("scopes", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("polled_at", Instant),
    Column("user", Uuid, _of("users.id"), index=True),  # who answered; NULL: nobody yet
    Column("is_allowed", Boolean),
    Column("authenticated_at", Instant),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("email", Text),  # NULL: whoever has the link
    Column("invited_by", Uuid, _of("users.id"), index=True),  # NULL: the operator, on the command line
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

# What an outside issuer gave for a browser's session: only identity refreshes it, under this row's lock.
outside_sessions = Table(
    "outside_sessions",
    metadata,
    Column("device", Uuid, _of("devices.id"), primary_key=True),
    _user(index=True),
    Column("sealed", LargeBinary, nullable=False),  # nonce and AES-256-GCM of its tokens
    Column("refresh_at", Instant, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # nonce and AES-256-GCM of the private JWK
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
