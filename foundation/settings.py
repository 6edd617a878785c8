"""Settings from environment variables with the prefix CAIRN_. Each room reads its own class once and passes it on."""

import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every settings class. Unknown variables are another room's. `CAIRN_X_FILE` names a file that holds what CAIRN_X would.

    An empty variable is none.
    """

    model_config = SettingsConfigDict(env_prefix="CAIRN_", env_ignore_empty=True, extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then the files that it names; no `.env` is read, since compose and systemd do that."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _NamedFiles(settings_cls)


class _NamedFiles(PydanticBaseSettingsSource):
    """What containers are given secrets by: a file for a variable, since variables are seen by whoever sees the process."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        named = os.environ.get(f"CAIRN_{field_name.upper()}_FILE")
        return Path(named).read_text().strip() if named else None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Raises OSError for a file that cannot be read."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _origins(given: Any) -> Any:
    """With commas between them, or a JSON list. Raises ValueError for what is no origin."""
    if not isinstance(given, str):
        return given
    try:
        listed = json.loads(given) if given.lstrip().startswith("[") else given.split(",")
    except json.JSONDecodeError as error:
        raise ValueError("These are origins with commas between them, or a JSON list.") from error
    return [origin.strip() if isinstance(origin, str) else origin for origin in listed if origin != ""]


def _origin(given: str) -> str:
    if given == "*":
        raise ValueError("Name origins: `*` would open every signed-in browser's files to every page.")
    if not _ORIGIN.fullmatch(given):
        raise ValueError("An origin is `https://name` or `https://name:port`, without a path.")
    return given


# RFC 6454, 6.2. Not decoded as JSON by pydantic-settings: it would not say which variable is wrong.
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], NoDecode, BeforeValidator(_origins)]


def _networks(given: str) -> str:
    """Raises ValueError for what is no address or network; `*` is none."""
    for network in filter(None, map(str.strip, given.split(","))):
        ipaddress.ip_network(network)
    return given


Networks = Annotated[str, AfterValidator(_networks)]


class ServiceSettings(Settings):
    """What every HTTP service obeys."""

    public_url: str = Field(
        default="http://127.0.0.1:8080", description="What browsers see: issuer, audience, links, cookies."
    )
    cors_origins: Origins = Field(
        default=[], description="Origins of other pages that may call the API, with commas between them. Never `*`."
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, description="Largest body of a request that is neither content nor a list of chunks."
    )
    max_header_bytes: int = Field(default=64 * 1024, description="Largest sum of a request's headers and address.")


class OutsideSettings(Settings):
    """An OpenID provider of somebody else's, where people sign in and whose tokens count ([login.md](login.md)). For every room."""

    oidc_issuer: str | None = Field(
        default=None,
        description="The provider's issuer, to the letter: `https://…`, or `http://…` on this machine itself; absent: none.",
    )
    oidc_audience: str | None = Field(
        default=None, description="What its access tokens for Cairn say in `aud`; absent: CAIRN_PUBLIC_URL."
    )
    oidc_client_id: str | None = Field(
        default=None,
        description="As what Cairn is registered there; absent: nobody signs in there, tokens count all the same.",
    )
    oidc_client_secret: str | None = Field(
        default=None, description="The client's secret, read by identity only; absent: a public client.", repr=False
    )
    oidc_name: str = Field(
        default="your organisation",
        max_length=100,
        description="What people call it, for the button: Continue with ….",
    )
    oidc_scopes: str = Field(
        default="openid email profile offline_access",
        description="What Cairn asks for at sign-in. Without `offline_access` many providers cannot tell that an account is closed.",
    )
    oidc_introspection: bool = Field(
        default=False,
        validate_default=True,
        description="Whether tokens that are no JWTs are asked about at the provider (RFC 7662).",
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _only_where_nobody_listens_in(cls, url: str | None) -> str | None:
        if not url:
            return None
        if not is_private_address(url):
            raise ValueError("an issuer is `https://…`, or `http://…` of this machine itself")
        parts = urlsplit(url)
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("an issuer has no user, no query and no fragment")
        return url

    @field_validator("oidc_client_id")
    @classmethod
    def _only_at_an_issuer(cls, client: str | None, info: ValidationInfo) -> str | None:
        if client and "oidc_issuer" in info.data and info.data["oidc_issuer"] is None:
            raise ValueError("it needs CAIRN_OIDC_ISSUER")
        return client or None

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("`openid` must be among them")
        return " ".join(scopes.split())

    @field_validator("oidc_introspection")
    @classmethod
    def _only_as_a_client(cls, is_on: bool, info: ValidationInfo) -> bool:
        if is_on and not (info.data.get("oidc_client_id") and info.data.get("oidc_client_secret")):
            raise ValueError("it needs CAIRN_OIDC_CLIENT_ID and CAIRN_OIDC_CLIENT_SECRET")
        return is_on


def is_loopback(host: str) -> bool:
    """Whether only this machine itself is reached by `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private_address(url: str) -> bool:
    """Whether nobody on the way reads what is sent to `url`: TLS, or this machine itself."""
    try:
        parts, host = urlsplit(url), urlsplit(url).hostname or ""
        is_usable = bool(host) and parts.port != 0
    except ValueError:
        return False
    return is_usable and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
