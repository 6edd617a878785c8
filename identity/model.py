"""The values of this room: people, what they sign in with, and from where."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from foundation.identity import Identity, Scope

# What a person's credential may carry. Everything else belongs to services.
USER_SCOPES = frozenset({Scope.FILES, Scope.FILES_READ, Scope.ACCOUNT, Scope.ADMIN})
SESSION_SCOPES = frozenset({Scope.FILES, Scope.ACCOUNT, Scope.ADMIN})


def allowed_scopes(is_admin: bool) -> frozenset[Scope]:
    """The most that a person's credential may do now."""
    return USER_SCOPES if is_admin else USER_SCOPES - {Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str  # as the person wrote it
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None = None
    closing_at: datetime | None = None  # since when they are being deleted
    issuer: str | None = None  # of one who signs in elsewhere


class DeviceKind(StrEnum):
    BROWSER = "browser"
    COMMAND_LINE = "command-line"
    SYNC_AGENT = "sync-agent"
    TOKEN = "token"  # noqa: S105 — a kind, not a secret
    S3_KEY = "s3-key"
    APPLICATION = "application"  # a program of somebody else's that a person let in


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in client. It is revoked, never deleted: the journals name it."""

    id: UUID
    kind: DeviceKind
    name: str
    created_at: datetime
    last_seen_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A personal token as it is listed: its secret is shown once, when it is made, and kept nowhere."""

    id: UUID
    device: UUID
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says of a credential now. `ends_at` None: it does not end by itself."""

    user: UUID
    device: UUID
    scopes: frozenset[str]
    is_admin: bool
    ends_at: datetime | None = None
    last_used_at: datetime | None = None

    def identity(self) -> Identity:
        """What the caller may do: never more than the person may now, whatever the credential once carried."""
        return Identity(self.user, self.device, frozenset(self.scopes & allowed_scopes(self.is_admin)))


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allows a client. `authenticated_at`: when they proved who they are."""

    user: UUID
    client: str
    scopes: frozenset[str]
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What a client was let in with: a device of the person's, and a refresh token where it goes on without them."""

    consent: Consent
    device: UUID
    nonce: str | None = None
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential just made. `secret` is the only copy: whoever gets this shows it once."""

    id: UUID
    secret: str = field(repr=False)
