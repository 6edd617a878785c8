"""What the front door obeys."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from foundation.settings import Networks, Settings

# The API's own default; blocks come by the hundred a second, so theirs is another.
_A_MINUTE = 100
_BLOCKS_A_MINUTE = 60_000


class PlainHttp(StrEnum):
    REDIRECT = "redirect"
    SERVE = "serve"
    OFF = "off"


class FrontDoorSettings(Settings):
    """The front door of the stack, `cairn front-door` ([services.md](services.md))."""

    http_port: int = Field(default=8080, ge=1, le=65535, description="Port of plain HTTP at the front door.")
    https_port: int = Field(default=8443, ge=1, le=65535, description="Port of HTTPS at the front door.")
    plain_http: PlainHttp = Field(
        default=PlainHttp.REDIRECT,
        description="What plain HTTP gets: `redirect` (to HTTPS), `serve` (everything: behind a proxy that does TLS) or `off`.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate and its chain; absent: one that the front door makes by itself, which browsers warn of.",
    )
    tls_key: Path | None = Field(default=None, description="PEM file with the certificate's key.")
    hsts_seconds: int | None = Field(
        default=None,
        ge=0,
        description="For how long browsers shall insist on HTTPS (RFC 6797); absent: a year where CAIRN_TLS_CERTIFICATE is set, else not.",
    )
    front_proxies: Networks = Field(
        default="",
        description="Proxies before the front door, addresses or networks with commas between them, whose `X-Forwarded-For` counts.",
    )
    rate_limit: int = Field(
        default=_A_MINUTE,
        ge=0,
        description="Requests a minute for catalogue, sync and identity, by credential where one is sent, else by address, and 20 times"
        " that by address in all; 0: no limit.",
    )
    content_rate_limit: int = Field(
        default=_BLOCKS_A_MINUTE,
        ge=0,
        description="Requests a minute for blocks and content, by credential or address, and 20 times that by address in all; 0: no limit.",
    )
    stream_limit: int = Field(
        default=100,
        ge=0,
        description="Waits and event streams at a time, by credential or address, and 20 times that by address in all; 0: no limit.",
    )

    blocks_folder: Annotated[str, StringConstraints(pattern=r"^/[^$]*[^$/]$")] | None = Field(
        default=None,
        description="Folder of a store on disk, or of one of its copies, that the front door may read: clients who verify what they get,"
        " as `cairn cp` does, then have whole blocks right from there; absent: everything goes through the chunker.",
    )

    @model_validator(mode="after")
    def _certificate_with_its_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("CAIRN_TLS_CERTIFICATE and CAIRN_TLS_KEY are set together")
        return self

    @model_validator(mode="after")
    def _ports_of_their_own(self) -> Self:
        if self.http_port == self.https_port and self.plain_http is not PlainHttp.OFF:
            raise ValueError(
                "CAIRN_HTTP_PORT and CAIRN_HTTPS_PORT are one port: each needs its own, or CAIRN_PLAIN_HTTP=off"
            )
        return self

    @property
    def hsts(self) -> int:
        if self.hsts_seconds is not None:
            return self.hsts_seconds
        return 365 * 86400 if self.tls_certificate else 0
