"""Cairn as a client of an outside provider: the requests that it makes, and what of the answers counts.

OpenID Connect Core 1.0, 3.1 and 12; RFC 6749, 7636, 7662, 9207. What goes over the wire is made by Authlib.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from foundation.fetching import Answer
from foundation.jwt import JwtVerifier, TrustedIssuer
from foundation.outside import OutsideProvider, ProviderMetadata
from foundation.problems import Unauthenticated, Unavailable
from identity.clock import Clock
from identity.errors import OutsideFailed, OutsideRefused, OutsideUnavailable
from identity.outside_flow import Flow

DEFAULT_LIFETIME = timedelta(hours=1)

log = logging.getLogger("cairn.identity")


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token endpoint gave. `claims`: of its ID token; none where a refresh brought no new one."""

    claims: Mapping[str, Any]
    lifetime: timedelta
    refresh_token: str | None = field(default=None, repr=False)


class OutsideClient:
    """Thread-safe. Waits at most a few seconds for each answer. Raises OutsideUnavailable while the provider does not answer."""

    def __init__(self, provider: OutsideProvider, public_url: str, clock: Clock) -> None:
        """`provider`'s settings name a client."""
        settings = provider.settings
        if settings.oidc_client_id is None:
            raise ValueError("CAIRN_OIDC_CLIENT_ID is not set")
        self.provider, self._public_url = provider, public_url
        self._id, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self._redirect_uri = f"{public_url}/api/v1/auth/callback"
        # An ID token is meant for the client, an access token for the audience: neither passes for the other.
        meant = TrustedIssuer(provider.issuer, self._id, provider.keys)
        self._id_tokens = JwtVerifier([meant], lambda: clock().timestamp())

    def authorization_url(self, flow: Flow) -> str:
        """Where the browser goes to sign in."""
        metadata = self._metadata()
        wanted = self.provider.settings.oidc_scopes.split()
        scopes = [scope for scope in wanted if metadata.scopes is None or scope in metadata.scopes or scope == "openid"]
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self._id,
            "code",
            redirect_uri=self._redirect_uri,
            scope=" ".join(scopes),
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return url

    def exchange(self, code: str, issuer: str | None, flow: Flow) -> Granted:
        """What `code` stands for. `issuer`: who sent it, as it says itself. Raises OutsideFailed, OutsideRefused."""
        self.check_issuer(issuer)
        granted = self._granted(
            prepare_token_request(
                "authorization_code", code=code, redirect_uri=self._redirect_uri, code_verifier=flow.verifier
            )
        )
        if granted.claims.get("nonce") != flow.nonce:
            raise OutsideFailed("The provider answered to another sign-in than this browser's.")
        return granted

    def check_issuer(self, issuer: str | None) -> None:
        """Whether an answer is of the provider that was asked (RFC 9207). Raises OutsideFailed."""
        if issuer != self.provider.issuer and (issuer is not None or self._metadata().sends_issuer):
            raise OutsideFailed("The answer is of another issuer than the one that was asked.")

    def refreshed(self, refresh_token: str) -> Granted:
        """Raises OutsideRefused if the provider takes it no more, OutsideFailed for what makes no sense."""
        return self._granted(prepare_token_request("refresh_token", refresh_token=refresh_token), needs_id_token=False)

    def introspected(self, token: str) -> Mapping[str, Any] | None:
        """What the provider says of `token` (RFC 7662); None: it is not valid, or not meant for this installation."""
        endpoint = self._metadata().introspection_endpoint
        if endpoint is None:
            raise OutsideUnavailable(
                "The provider has no introspection endpoint; set CAIRN_OIDC_INTROSPECTION to false."
            )
        claims = _document(self._post(endpoint, urlencode({"token": token, "token_type_hint": "access_token"})))
        if claims.get("active") is not True or claims.get("iss", self.provider.issuer) != self.provider.issuer:
            return None
        return claims if self._is_for_us(claims) else None

    def end_session_url(self) -> str | None:
        """Where a browser signs out of the provider too, if that is known by now (RP-Initiated Logout 1.0). No token is in it."""
        known = self.provider.known
        if known is None or known.end_session_endpoint is None:
            return None
        back = {"client_id": self._id, "post_logout_redirect_uri": f"{self._public_url}/sign-in"}
        return f"{known.end_session_endpoint}{'&' if '?' in known.end_session_endpoint else '?'}{urlencode(back)}"

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        """Without an audience it counts only if it was given to ourselves: any other program's token is meant for somebody else."""
        audience = claims.get("aud")
        if audience is None:
            return claims.get("client_id") == self._id
        return self.provider.audience in (audience if isinstance(audience, list) else [audience])

    def _granted(self, body: str, *, needs_id_token: bool = True) -> Granted:
        answer = _document(self._post(self._metadata().token_endpoint, body))
        id_token, refresh_token = answer.get("id_token"), answer.get("refresh_token")
        if not isinstance(id_token, str) and (needs_id_token or id_token is not None):
            raise OutsideFailed("The provider gave no ID token.")
        claims = self._proved(id_token) if isinstance(id_token, str) else {}
        seconds = answer.get("expires_in")
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 10**9
        lifetime = timedelta(seconds=float(seconds or 0)) if is_number else DEFAULT_LIFETIME
        return Granted(claims, lifetime, refresh_token if isinstance(refresh_token, str) else None)

    def _proved(self, id_token: str) -> Mapping[str, Any]:
        """The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""
        try:
            claims = self._id_tokens.claims(id_token)
        except Unauthenticated as problem:
            raise OutsideFailed(f"The provider's ID token cannot be trusted. {problem.detail}") from problem
        except Unavailable as problem:
            raise OutsideUnavailable from problem
        party, audience = claims.get("azp"), claims.get("aud")
        if party not in (None, self._id) or (party is None and isinstance(audience, list) and len(audience) > 1):
            raise OutsideFailed("The provider's ID token is another program's.")
        return claims

    def _post(self, url: str, body: str) -> Answer:
        url, headers, body = self._authenticated().prepare("POST", url, {}, body)
        try:
            return self.provider.fetcher.post_form(url, body, headers)
        except Unavailable as problem:
            raise OutsideUnavailable from problem

    def _authenticated(self) -> ClientAuth:
        if self._secret is None:
            return ClientAuth(self._id, None, "none")
        if "client_secret_basic" in self._metadata().token_auth_methods:
            # Encoded once more than basic authentication does it (RFC 6749, 2.3.1).
            return ClientAuth(quote(self._id, safe=""), quote(self._secret, safe=""), "client_secret_basic")
        return ClientAuth(self._id, self._secret, "client_secret_post")

    def _metadata(self) -> ProviderMetadata:
        try:
            return self.provider.metadata()
        except Unavailable as problem:
            raise OutsideUnavailable from problem


def outside_client(provider: OutsideProvider | None, public_url: str, clock: Clock) -> OutsideClient | None:
    """None where people sign in here only."""
    return OutsideClient(provider, public_url, clock) if provider and provider.settings.oidc_client_id else None


def _document(answer: Answer) -> Mapping[str, Any]:
    """Raises OutsideRefused for `invalid_grant`, OutsideFailed for any other error (RFC 6749, 5.2)."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise OutsideFailed("The provider answered what cannot be read.") from error
    if not isinstance(document, dict):
        raise OutsideFailed("The provider answered what cannot be read.")
    if answer.status == 200 and "error" not in document:
        return document
    if document.get("error") == "invalid_grant":
        raise OutsideRefused("The provider takes this sign-in no more.")
    # Of the operator's to repair: the client or its secret is not what the provider knows.
    advice = "set CAIRN_OIDC_CLIENT_ID and CAIRN_OIDC_CLIENT_SECRET to what the provider knows: docs/login.md#any-other-provider"
    reason = str(document.get("error"))[:100]
    log.error("the outside provider refuses this client", extra={"reason": reason, "advice": advice})
    raise OutsideFailed("The provider does not take this server's request.")
