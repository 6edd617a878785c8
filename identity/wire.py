"""What identity's routes read and answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from foundation.identity import Identity, Scope
from foundation.wire import Wire
from identity.model import Device, NewCredential, PersonalToken, User


class Login(Wire):
    """Limits are wide: which passwords can be is the rule's to say, this only keeps megabytes out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.org", "password": "correct horse battery staple"}]}
    )

    email: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=4096, repr=False)]


class MyDevice(Wire):
    id: UUID
    kind: str
    name: str


class Me(Wire):
    user_id: UUID
    email: str | None
    issuer: Annotated[str | None, Field(description="Where they sign in; null: here, with a password.")]
    has_password: bool
    is_admin: bool
    device_id: UUID | None
    device: Annotated[MyDevice | None, Field(description="What this is asked with, where it is a device of theirs.")]
    scopes: list[str]


class NewToken(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "backup", "scopes": ["files"]}]})

    name: Annotated[str, Field(max_length=1000)]
    scopes: Annotated[tuple[str, ...], Field(max_length=20)] = (Scope.FILES.value,)
    expires_at: AwareDatetime | None = None


class MadeToken(Wire):
    id: UUID
    token: Annotated[str, Field(repr=False)]


class TokenItem(Wire):
    id: UUID
    device_id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class DeviceItem(Wire):
    id: UUID
    kind: str
    name: str
    created_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None
    is_current: bool


class DeviceName(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada's laptop"}]})

    name: Annotated[str, Field(max_length=1000)]


class TokenList(Wire):
    items: list[TokenItem]
    next_cursor: str | None


class DeviceList(Wire):
    items: list[DeviceItem]
    next_cursor: str | None


def me_document(identity: Identity, user: User | None, device: Device | None, *, has_password: bool) -> Me:
    assert identity.user is not None  # noqa: S101 — the route has refused nobody and services.
    return Me(
        user_id=identity.user,
        email=user.email if user else None,
        issuer=user.issuer if user else None,
        has_password=has_password,
        is_admin=user.is_admin if user else False,
        device_id=identity.device,
        device=MyDevice(id=device.id, kind=device.kind.value, name=device.name) if device else None,
        scopes=sorted(identity.scopes),
    )


def made_token(made: NewCredential) -> MadeToken:
    return MadeToken(id=made.id, token=made.secret)


def token_items(tokens: Iterable[PersonalToken]) -> list[TokenItem]:
    return [
        TokenItem(
            id=token.id,
            device_id=token.device,
            name=token.name,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )
        for token in tokens
    ]


def device_items(devices: Iterable[Device], current: UUID | None) -> list[DeviceItem]:
    return [
        DeviceItem(
            id=device.id,
            kind=device.kind.value,
            name=device.name,
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
            revoked_at=device.revoked_at,
            is_current=device.id == current,
        )
        for device in devices
    ]
