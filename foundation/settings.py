"""Settings from environment variables with the prefix CAIRN_. Each room reads its own class once and passes it on."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every settings class. Unknown variables are another room's."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="ignore", frozen=True)


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
