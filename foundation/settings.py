"""Settings from environment variables with the prefix CAIRN_. Each room reads its own class once and passes it on."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every settings class. Unknown variables are another room's."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="ignore", frozen=True)


class ServiceSettings(Settings):
    """What every HTTP service obeys."""

    public_url: str = Field(
        default="http://127.0.0.1:8080", description="What browsers see: issuer, audience, links, cookies."
    )
    cors_origins: list[str] = Field(
        default=[], description="Origins of other pages that may call the API, a JSON list. Never `*`."
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, description="Largest body of a request that is neither content nor a list of chunks."
    )
    max_header_bytes: int = Field(default=64 * 1024, description="Largest sum of a request's headers and address.")
