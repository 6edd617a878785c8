"""What the chores and the webhook obey."""

import base64
import ipaddress
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from foundation.blocks import MIB
from foundation.settings import Settings

MIN_SECRET_CHARACTERS = 32


class SyncSettings(Settings):
    """Verification and the rounds of proof ([operations.md](operations.md))."""

    scrub_days: float = Field(
        default=30, gt=0, le=3650, description="Every stored block is read again, and hashed, within so many days."
    )
    scrub_rate: int = Field(
        default=32 * MIB,
        ge=MIB,
        description="Bytes a second that this takes at most, unless an administrator asked for a round now.",
    )
    verify_lease_seconds: float = Field(
        default=60,
        ge=1,
        le=3600,
        description="A worker that is gone leaves what it had to the others after so long.",
    )

    @property
    def scrub_every(self) -> timedelta:
        return timedelta(days=self.scrub_days)

    @property
    def verify_lease(self) -> timedelta:
        return timedelta(seconds=self.verify_lease_seconds)


class WebhookSettings(Settings):
    """Whom to tell when a file is damaged or healed ([operations.md](operations.md)): both, or neither."""

    webhook_url: str | None = Field(
        default=None,
        description="Where notices are sent: `https://…`, or `http://…` on this machine itself; absent: nowhere.",
        repr=False,  # Many receivers have their secret in the path.
    )
    webhook_secret: str | None = Field(
        default=None,
        description="What they are signed with, at least 32 characters: `whsec_` and base64, or any text.",
        repr=False,
        validate_default=True,
    )

    @field_validator("webhook_url")
    @classmethod
    def _only_where_nobody_listens_in(cls, url: str | None) -> str | None:
        if not url:
            return None
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
        if not is_safe or not parts.hostname or parts.port == 0:
            raise ValueError("an address is `https://…`, or `http://…` of this machine itself")
        if parts.username is not None or parts.fragment:
            raise ValueError("an address has no user and no fragment")
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _only_with_an_address(cls, secret: str | None, info: ValidationInfo) -> str | None:
        secret = secret or None
        if "webhook_url" not in info.data:
            return secret  # The address was refused; that is what is told.
        if (secret is None) != (info.data["webhook_url"] is None):
            raise ValueError("CAIRN_WEBHOOK_URL and CAIRN_WEBHOOK_SECRET are set together")
        if secret is not None:
            if len(secret) < MIN_SECRET_CHARACTERS:
                raise ValueError(f"at least {MIN_SECRET_CHARACTERS} characters; `openssl rand -hex 32` makes one")
            signing_key(secret)
        return secret


def signing_key(secret: str) -> bytes:
    """The key's bytes: what follows `whsec_` is base64, as Standard Webhooks writes it; any other text stands for itself."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
