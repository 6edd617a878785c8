"""Routes at the issuer's root: its keys, what it can do, and tokens by exchange (RFC 8693, errors as RFC 6749, 5.2)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from foundation.http_json import StrictRoute
from foundation.http_wire import Json
from foundation.identity import Scope
from foundation.problems import Forbidden, Unauthenticated, Unavailable
from identity.issuer import AccessToken
from identity.model import USER_SCOPES
from identity.parts import Parts

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 — a name of RFC 8693.
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — likewise.
JWT = "urn:ietf:params:oauth:token-type:jwt"
JWKS_SECONDS = 60  # How long others may keep our keys: a rotation is seen within it.
MAX_FORM_BYTES = 64 * 1024
_FORM_EXAMPLE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "subject_token", "subject_token_type"],
                    "properties": {
                        name: {"type": "string"}
                        for name in (
                            "grant_type", "subject_token", "subject_token_type",
                            "requested_token_type", "scope", "audience", "resource",
                        )
                    },
                }
            }
        },
    }
}  # fmt: skip


class _Refused(Exception):  # noqa: N818 — an answer of the protocol, not a fault.
    """An error of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


def root_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["identity"], route_class=StrictRoute)

    @router.get("/oauth/jwks", summary="The public keys of this issuer's tokens")
    def jwks() -> Json:
        return Json(parts.keys.jwks(), headers={"Cache-Control": f"public, max-age={JWKS_SECONDS}"})

    @router.get("/.well-known/openid-configuration", summary="What this issuer can do")
    def discovery() -> Json:
        return Json(_discovery(parts.public_url), headers={"Cache-Control": "public, max-age=300"})

    @router.post(
        "/oauth/token",
        summary="Exchange a personal token for an access token of ten minutes",
        openapi_extra=_FORM_EXAMPLE,
    )
    async def token(request: Request) -> Json:
        try:
            minted = await run_sync(_exchanged, parts, await _form(request))
        except _Refused as refused:
            return _error(400, refused.error, refused.description)
        except Unavailable as problem:
            return _error(problem.status, "temporarily_unavailable", problem.title, problem.headers())
        return Json(_token_document(minted), headers={"Cache-Control": "no-store"})

    return router


def _discovery(url: str) -> dict[str, object]:
    """Only what is there. No authorization endpoint yet, so no response types."""
    return {
        "issuer": url,
        "jwks_uri": f"{url}/oauth/jwks",
        "token_endpoint": f"{url}/oauth/token",
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [TOKEN_EXCHANGE],
        "response_types_supported": [],
        "scopes_supported": [scope.value for scope in Scope if scope in USER_SCOPES],
    }


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise _Refused("invalid_request", "Send a form, application/x-www-form-urlencoded.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise _Refused("invalid_request", "The form is too large.")
    try:
        fields = parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise _Refused("invalid_request", "The form cannot be read.") from error
    if len(dict(fields)) != len(fields):
        raise _Refused("invalid_request", "A parameter is there twice.")
    return dict(fields)


def _exchanged(parts: Parts, form: Mapping[str, str]) -> AccessToken:
    if form.get("grant_type") != TOKEN_EXCHANGE:
        kind = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise _Refused(kind, f"The grant type must be {TOKEN_EXCHANGE}.")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise _Refused("invalid_request", f"The subject token type must be {ACCESS_TOKEN}.")
    if form.get("requested_token_type", ACCESS_TOKEN) not in {ACCESS_TOKEN, JWT}:
        raise _Refused("invalid_request", "Only access tokens are issued.")
    if "actor_token" in form:
        raise _Refused("invalid_request", "Nobody acts for somebody else here.")
    if {form.get(name, parts.public_url) for name in ("audience", "resource")} != {parts.public_url}:
        raise _Refused("invalid_target", f"Tokens are for {parts.public_url} only.")
    scopes = frozenset(form["scope"].split()) if form.get("scope") else None
    try:
        # Never from a signed token: it could be renewed for ever, past the revocation of what it was made from.
        return parts.issuer.mint(parts.verifier.verify_opaque(form.get("subject_token", "")), scopes)
    except Unauthenticated as problem:
        raise _Refused("invalid_request", problem.detail or problem.title) from problem
    except Forbidden as problem:
        raise _Refused("invalid_scope", problem.detail) from problem


def _token_document(minted: AccessToken) -> dict[str, object]:
    return {
        "access_token": minted.text,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": minted.expires_in_seconds,
        "scope": " ".join(sorted(minted.scopes)),
    }


def _error(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> Json:
    return Json(
        {"error": error, "error_description": description}, status, {"Cache-Control": "no-store", **(headers or {})}
    )
