"""An OpenID provider of somebody else's: what it says of itself, its keys, and whom its tokens speak for."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.fetching import Fetcher
from foundation.jwks import FetchedKeys
from foundation.jwt import TrustedIssuer
from foundation.problems import Unavailable
from foundation.settings import OutsideSettings, is_private_address

MAX_AGE_SECONDS = 3600.0
RETRY_SECONDS = 2.0  # While nothing is known of it.
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What of the discovery document is used here (OpenID Connect Discovery 1.0, section 3; RFC 8414)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    introspection_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_auth_methods: tuple[str, ...] = ("client_secret_basic",)
    scopes: frozenset[str] | None = None  # None: it does not say
    sends_issuer: bool = False  # with the code (RFC 9207)


def provider_metadata(document: object, issuer: str) -> ProviderMetadata:
    """Raises ValueError for what is no discovery document of `issuer`, to the letter, or names addresses that others could read."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("it is not that issuer's")
    scopes = document.get("scopes_supported")
    methods = document.get("token_endpoint_auth_methods_supported")
    return ProviderMetadata(
        _address(document, "authorization_endpoint"),
        _address(document, "token_endpoint"),
        _address(document, "jwks_uri"),
        _address(document, "introspection_endpoint") if "introspection_endpoint" in document else None,
        _address(document, "end_session_endpoint") if "end_session_endpoint" in document else None,
        tuple(map(str, methods)) if isinstance(methods, list) else ("client_secret_basic",),
        frozenset(map(str, scopes)) if isinstance(scopes, list) else None,
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], name: str) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not is_private_address(url):
        raise ValueError(f"{name} is not an address")
    return url


class OutsideProvider:
    """What is known of the provider in this process, fetched when it is first needed. Thread-safe."""

    def __init__(
        self,
        settings: OutsideSettings,
        public_url: str,
        clock: Callable[[], float] = time.monotonic,
        fetcher: Fetcher | None = None,
    ) -> None:
        """`settings` name an issuer. `public_url`: the audience of its tokens, unless they name another. `clock`: never goes back."""
        if settings.oidc_issuer is None:
            raise ValueError("CAIRN_OIDC_ISSUER is not set")
        self.issuer, self.settings = settings.oidc_issuer, settings
        self.audience = settings.oidc_audience or public_url
        self.fetcher = fetcher or Fetcher()
        self._clock = clock
        self._lock = threading.Lock()
        self._known: ProviderMetadata | None = None
        self._tried_at = float("-inf")
        self._failed: Exception | None = None
        self.keys = FetchedKeys(lambda: self.fetcher.get(self.metadata().jwks_uri), clock)

    @property
    def trusted(self) -> TrustedIssuer:
        """Its access tokens that are meant for this installation."""
        return TrustedIssuer(self.issuer, self.audience, self.keys)

    @property
    def known(self) -> ProviderMetadata | None:
        """What it said when it was asked last. Asks nobody."""
        return self._known

    def metadata(self) -> ProviderMetadata:
        """At most an hour old while the provider answers, else what it said last. Raises Unavailable if it never did."""
        known = self._known
        if known is not None and (self._clock() - self._tried_at < MAX_AGE_SECONDS or self._lock.locked()):
            return known
        with self._lock:
            self._look(MAX_AGE_SECONDS if self._known else RETRY_SECONDS)
            if self._known is None:
                raise Unavailable("The provider where people sign in does not answer.") from self._failed
            return self._known

    def _look(self, pause_seconds: float) -> None:
        now = self._clock()
        if now - self._tried_at < pause_seconds:
            return
        self._tried_at = now
        try:
            document = json.loads(self.fetcher.get(self.issuer.rstrip("/") + _WELL_KNOWN))
            self._known, self._failed = provider_metadata(document, self.issuer), None
        except (Unavailable, ValueError, RecursionError) as error:
            self._failed = error


def outside_provider(settings: OutsideSettings, public_url: str) -> OutsideProvider | None:
    """None where no issuer is set."""
    return OutsideProvider(settings, public_url) if settings.oidc_issuer else None
