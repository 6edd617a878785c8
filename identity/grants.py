"""What tokens are given for: Authlib reads and judges each request, and every grant is one transaction of ours.

Authlib's own steps (look up, save, delete) would let two requests at once both have what is given once: they are replaced here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceCodeGrant
from authlib.oauth2.rfc8628.errors import AuthorizationPendingError, ExpiredTokenError, SlowDownError

from foundation.problems import Forbidden, Unauthenticated
from identity.clients import CODE, CREDENTIALS, DEVICE, REFRESH, Client
from identity.codes import Code
from identity.device_codes import Poll, shown_name
from identity.devices import device_name
from identity.model import Access, Consent
from identity.provider import Provider, bearer

Answer = tuple[int, Mapping[str, object], list[tuple[str, str]]]

ANY_CLIENT = ["client_secret_basic", "client_secret_post", "none"]
CONFIDENTIAL = ["client_secret_basic", "client_secret_post"]
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 — a name of RFC 8693.
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — likewise.
JWT = "urn:ietf:params:oauth:token-type:jwt"


class InvalidTargetError(OAuth2Error):
    """RFC 8693, 2.2.2."""

    error = "invalid_target"


class S256Challenge(CodeChallenge):
    """PKCE of every client, never plain (RFC 7636; RFC 9700, 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    GRANT_TYPE = CODE

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return _provider(self).codes.find(code, client)

    def create_token_response(self) -> Answer:
        provider, request = _provider(self), self.request
        kind = provider.device_kind(request.client)
        access = provider.codes.exchange(request.form["code"], request.client, kind, _device_name(provider, request))
        return _answered(provider, access)


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    GRANT_TYPE = REFRESH

    def authenticate_refresh_token(self, secret: str) -> "HeldToken | None":
        consent = _provider(self).refresh.find(secret)
        return HeldToken(consent) if consent else None

    def create_token_response(self) -> Answer:
        provider, request = _provider(self), self.request
        access = provider.refresh.rotate(request.form["refresh_token"], request.client)
        scope = request.payload.scope
        return _answered(provider, access, frozenset(scope.split()) if scope else None)


class DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    GRANT_TYPE = DEVICE

    def authenticate_token_endpoint_client(self) -> Client:
        client: Client = super().authenticate_token_endpoint_client()
        self.request.client = client
        return client

    def query_device_credential(self, device_code: str) -> "DeviceCredential":
        return DeviceCredential(device_code, self.request.client)

    def validate_device_credential(self, credential: "DeviceCredential") -> None:
        refusals = {
            Poll.PENDING: AuthorizationPendingError,
            Poll.SLOW_DOWN: SlowDownError,
            Poll.DENIED: AccessDeniedError,
            Poll.EXPIRED: ExpiredTokenError,
            Poll.UNKNOWN: InvalidGrantError,
        }
        poll = _provider(self).device_codes.poll(credential.device_code, credential.client)
        if poll is not Poll.ALLOWED:
            raise refusals[poll]

    def create_token_response(self) -> Answer:
        provider, request = _provider(self), self.request
        kind = provider.device_kind(request.client)
        return _answered(provider, provider.device_codes.exchange(request.credential.device_code, request.client, kind))


class CredentialsGrant(grants.ClientCredentialsGrant):
    """For programs that speak for themselves."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL
    GRANT_TYPE = CREDENTIALS

    def create_token_response(self) -> Answer:
        client: Client = self.request.client
        asked = (self.request.payload.scope or "").split()
        scopes = client.granted(asked) if asked else client.scopes
        if asked and not scopes:
            raise InvalidScopeError("The client may not have these scopes.")
        issuer = _provider(self).issuer
        mint = issuer.mint_for_room if client.is_room else issuer.mint_for_client
        return 200, bearer(mint(client.id, scopes)), default_json_headers


class ExchangeGrant(grants.BaseGrant, grants.TokenEndpointMixin):
    """A personal token or a session for an access token (RFC 8693). It proves who asks: no client is needed."""

    GRANT_TYPE = TOKEN_EXCHANGE

    def validate_token_request(self) -> None:
        form, url = self.request.form, _provider(self).public_url
        if form.get("subject_token_type") != ACCESS_TOKEN:
            raise InvalidRequestError(f"The subject token type must be {ACCESS_TOKEN}.")
        if form.get("requested_token_type", ACCESS_TOKEN) not in {ACCESS_TOKEN, JWT}:
            raise InvalidRequestError("Only access tokens are issued.")
        if "actor_token" in form:
            raise InvalidRequestError("Nobody acts for somebody else here.")
        if {form.get(name, url) for name in ("audience", "resource")} != {url}:
            raise InvalidTargetError(f"Tokens are for {url} only.")

    def create_token_response(self) -> Answer:
        form, verifier = self.request.form, self.server.verifier
        scopes = frozenset(form["scope"].split()) if form.get("scope") else None
        try:
            # Never from a signed token: it could be renewed for ever, past the revocation of what it was made from.
            identity = verifier.verify_opaque(form.get("subject_token", ""))
            minted = _provider(self).issuer.mint(identity, scopes)
        except Unauthenticated as problem:
            raise InvalidRequestError(problem.detail or problem.title) from problem
        except Forbidden as problem:
            raise InvalidScopeError(problem.detail) from problem
        return 200, bearer(minted) | {"issued_token_type": ACCESS_TOKEN}, default_json_headers


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A refresh token as Authlib's grant reads it."""

    consent: Consent

    def check_client(self, client: Client) -> bool:
        return client.id == self.consent.client

    def get_scope(self) -> str:
        return " ".join(self.consent.scopes)


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """A device code as Authlib's grant reads it; whose it is shows itself when it is looked at."""

    device_code: str
    client: Client

    def get_client_id(self) -> str:
        return self.client.id


def _provider(grant: grants.BaseGrant) -> Provider:
    provider: Provider = grant.server.provider
    return provider


def _device_name(provider: Provider, request: Any) -> str:
    """As it calls itself; else the command line by what it runs on, and a program of somebody else's by its own name."""
    client: Client = request.client
    known = device_name(request.user_agent) if provider.clients.is_own(client.id) else client.name
    return shown_name(request.form.get("device_name") or known)


def _answered(provider: Provider, access: Access | None, scopes: frozenset[str] | None = None) -> Answer:
    if access is None:
        raise InvalidGrantError("It was used, or has ended.")
    try:
        return 200, provider.tokens(access, scopes), default_json_headers
    except Unauthenticated as problem:
        raise InvalidGrantError("The person is not here any more.") from problem
