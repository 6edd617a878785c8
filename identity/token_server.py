"""The endpoints that programs call, as one Authlib server: tokens, device authorization, revocation, introspection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import AuthorizationServer
from authlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint

from foundation.problems import Problem, Unauthenticated
from identity import grants
from identity.clients import DEVICE, Client
from identity.device_codes import INTERVAL_SECONDS, LIFETIME
from identity.devices import device_name
from identity.forms import FormRequest
from identity.grants import ANY_CLIENT, CONFIDENTIAL, Answer
from identity.model import Consent
from identity.provider import Provider
from identity.verifier import IdentityVerifier


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str]


class TokenServer(AuthorizationServer):
    """Thread-safe: it keeps nothing of a request."""

    def __init__(self, provider: Provider, verifier: IdentityVerifier) -> None:
        super().__init__()
        self.provider, self.verifier = provider, verifier
        self.register_grant(grants.CodeGrant, [grants.S256Challenge(required=True)])
        for grant in (grants.RefreshGrant, grants.DeviceGrant, grants.CredentialsGrant, grants.ExchangeGrant):
            self.register_grant(grant)
        for endpoint in (DeviceEndpoint, Revocation, Introspection):
            self.register_endpoint(endpoint)

    def token(self, request: FormRequest) -> Answered:
        """Raises Unavailable."""
        if not request.payload.grant_type:
            return refused(InvalidRequestError("A grant type is required."))
        answer: Answered = self.create_token_response(request)
        return answer

    def endpoint(self, name: str, request: FormRequest) -> Answered:
        """Raises Unavailable."""
        answer: Answered = self.create_endpoint_response(name, request)
        return answer

    def query_client(self, client_id: str) -> Client | None:
        return self.provider.clients.find(client_id)

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        return request

    def handle_response(self, status: int, body: object, headers: list[tuple[str, str]]) -> Answered:
        return Answered(status, body if isinstance(body, dict) else {}, dict(headers))

    def send_signal(self, name: str, *arguments: object, **options: object) -> None:
        """Nobody listens."""


def refused(error: OAuth2Error) -> Answered:
    status, body, headers = error()
    return Answered(status, body, dict(headers))


def unavailable(problem: Problem) -> Answered:
    body = {"error": "temporarily_unavailable", "error_description": problem.title}
    return Answered(problem.status, body, dict(default_json_headers) | problem.headers())


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = ANY_CLIENT

    def create_endpoint_response(self, request: FormRequest) -> Answer:
        client: Client = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError("The client may not do this.")
        scopes = client.granted((request.payload.scope or "").split())
        if not scopes:
            raise InvalidScopeError("Ask for one scope or more that the client may have.")
        provider: Provider = self.server.provider
        name = request.form.get("device_name") or device_name(request.user_agent)
        made = provider.device_codes.make(client, scopes, name, request.address)
        page = f"{provider.public_url}/device"
        document = {
            "device_code": made.device_code,
            "user_code": made.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={made.user_code}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": INTERVAL_SECONDS,
        }
        return 200, document, default_json_headers


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token as revocation and introspection see it: a refresh token by its consent, or a signed one by its claims."""

    secret: str
    consent: Consent | None = None
    claims: Mapping[str, Any] | None = None

    def check_client(self, client: Client) -> bool:
        if self.consent is not None:
            return client.id == self.consent.client
        return self.claims is not None and client.id == self.claims.get("client_id")

    def is_expired(self) -> bool:
        return False  # Those that are were not found.

    def is_revoked(self) -> bool:
        return False


class _KnownTokens:
    """Of both endpoints: hints are not needed, and unknown ones are passed over (RFC 7009, 2.1)."""

    server: TokenServer

    def check_params(self, request: FormRequest, _client: Client) -> None:
        if not request.form.get("token"):
            raise InvalidRequestError("A token is required.")

    def query_token(self, token: str, _hint: str | None) -> KnownToken | None:
        consent = self.server.provider.refresh.find(token)
        if consent is not None:
            return KnownToken(token, consent=consent)
        try:
            return KnownToken(token, claims=self.server.verifier.verify_own(token).claims)
        except Unauthenticated:
            return None


class Revocation(_KnownTokens, RevocationEndpoint):
    """RFC 7009. A signed token cannot be taken back alone: its device is cut off, and with it whatever else it has."""

    CLIENT_AUTH_METHODS = ANY_CLIENT

    def revoke_token(self, token: KnownToken, request: FormRequest) -> None:
        provider = self.server.provider
        if token.consent is not None:
            provider.refresh.end(token.secret, request.client)
        elif token.claims is not None and token.claims.get("client_id") == token.claims["sub"]:
            return  # A program's own: its one device is what it comes in by. The token ends by itself, within ten minutes.
        elif token.claims is not None and "device" in token.claims:
            provider.refresh.end_device(UUID(token.claims["sub"]), UUID(token.claims["device"]))


class Introspection(_KnownTokens, IntrospectionEndpoint):
    """RFC 7662, for clients with a secret: of access tokens, and of their own refresh tokens."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL

    def check_permission(self, token: KnownToken, client: Client, _request: FormRequest) -> bool:
        return token.claims is not None or token.check_client(client)

    def introspect_token(self, token: KnownToken) -> Mapping[str, object]:
        if token.claims is not None:
            told = ("iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti")
            known = {name: token.claims[name] for name in told if name in token.claims}
            return {"active": True, "token_type": "Bearer", **known}
        assert token.consent is not None  # noqa: S101 — one of the two is there.
        held = token.consent
        scope = " ".join(sorted(held.scopes))
        return {"active": True, "sub": str(held.user), "client_id": held.client, "scope": scope}
