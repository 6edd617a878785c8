"""Routes at the issuer's root that programs call: its keys, what it can do, tokens, and who somebody is (errors as RFC 6749, 5.2)."""

from collections.abc import Callable

from anyio.to_thread import run_sync
from authlib.oauth2.rfc6749.errors import OAuth2Error
from fastapi import APIRouter, Request

from foundation.http_caller import credential_of
from foundation.http_json import StrictRoute
from foundation.http_wire import Json
from foundation.openapi import problems
from foundation.problems import Forbidden, Unauthenticated, Unavailable
from identity.authorize import AUTHORIZE
from identity.authorize_api import authorize_routes
from identity.clients import CLIENT_SCOPES, CODE, CREDENTIALS, DEVICE, OPENID, REFRESH
from identity.errors import TooManyAttempts
from identity.forms import FormRequest, form_request
from identity.grants import ACCESS_TOKEN, ANY_CLIENT, CONFIDENTIAL, TOKEN_EXCHANGE
from identity.id_tokens import person_claims
from identity.parts import Parts
from identity.token_server import Answered, TokenServer, refused, unavailable

JWKS_SECONDS = 60  # How long others may keep our keys: a rotation is seen within it.
_CLIENT = ("client_id", "client_secret")
_TOKEN = ("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "device_code", "device_name", "scope")
_EXCHANGE = ("subject_token", "subject_token_type", "requested_token_type", "audience", "resource")

__all__ = ["ACCESS_TOKEN", "TOKEN_EXCHANGE", "root_routes"]


def root_routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    router.include_router(authorize_routes(parts, parts.clock))
    _facts(router, parts)
    _program_routes(router, parts)
    _userinfo_routes(router, parts)
    return router


def _facts(router: APIRouter, parts: Parts) -> None:
    @router.get("/oauth/jwks", summary="The public keys of this issuer's tokens")
    def jwks() -> Json:
        return Json(parts.keys.jwks(), headers={"Cache-Control": f"public, max-age={JWKS_SECONDS}"})

    @router.get("/.well-known/openid-configuration", summary="What this issuer can do")
    def discovery() -> Json:
        return Json(_discovery(parts.public_url), headers={"Cache-Control": "public, max-age=300"})


def _program_routes(router: APIRouter, parts: Parts) -> None:
    server = TokenServer(parts.provider, parts.verifier)

    def begun(asked: FormRequest) -> Answered:
        parts.provider.guesses.begin_device_code(asked.address)
        return server.endpoint("device_authorization", asked)

    @router.post(
        "/oauth/token",
        summary="Tokens for a code, a refresh token, a device code, a client's own credentials or a personal token",
        openapi_extra=_form(("grant_type",), (*_TOKEN[1:], *_CLIENT, *_EXCHANGE)),
    )
    async def token(request: Request) -> Json:
        return await _answered(request, server.token)

    @router.post(
        "/oauth/device",
        summary="Begin signing in a program that has no browser",
        openapi_extra=_form(("client_id", "scope"), ("client_secret", "device_name")),
    )
    async def device(request: Request) -> Json:
        return await _answered(request, begun)

    @router.post(
        "/oauth/revoke",
        summary="End a refresh token, or an access token, with its device",
        openapi_extra=_form(("token",), ("token_type_hint", *_CLIENT)),
    )
    async def revoke(request: Request) -> Json:
        return await _answered(request, lambda asked: server.endpoint("revocation", asked))

    @router.post(
        "/oauth/introspect",
        summary="What a token is good for now; for clients with a secret",
        openapi_extra=_form(("token",), ("token_type_hint", *_CLIENT)),
    )
    async def introspect(request: Request) -> Json:
        return await _answered(request, lambda asked: server.endpoint("introspection", asked))


async def _answered(request: Request, answer: Callable[[FormRequest], Answered]) -> Json:
    try:
        found = await run_sync(answer, await form_request(request))
    except OAuth2Error as error:
        found = refused(error)
    except (TooManyAttempts, Unavailable) as problem:
        found = unavailable(problem)
    return Json(dict(found.body), found.status, dict(found.headers) | {"Cache-Control": "no-store"})


def _userinfo_routes(router: APIRouter, parts: Parts) -> None:
    def claims(request: Request) -> Json:
        credential = credential_of(request)
        if credential is None or "authorization" not in request.headers:
            raise Unauthenticated("Send an access token as `Authorization: Bearer TOKEN`.")
        token = parts.verifier.verify_own(credential)
        user = parts.people.find(token.identity.user) if token.identity.user else None
        if user is None or OPENID not in token.identity.scopes:
            raise Forbidden("This needs an access token with the scope openid.")
        return Json(person_claims(user, token.identity.scopes))

    errors = problems(Unauthenticated, Forbidden)
    summary = "Who the person of an access token is (OpenID Connect Core, 5.3)"
    for method in ("GET", "POST"):
        router.add_api_route(
            "/oauth/userinfo",
            claims,
            methods=[method],
            summary=summary,
            responses=errors,
            operation_id=f"userinfo_{method.lower()}",
        )


def _discovery(url: str) -> dict[str, object]:
    """OpenID Connect Discovery 1.0, 3, and RFC 8414, 2. Only what is there."""
    return {
        "issuer": url,
        "jwks_uri": f"{url}/oauth/jwks",
        "authorization_endpoint": f"{url}{AUTHORIZE}",
        "token_endpoint": f"{url}/oauth/token",
        "device_authorization_endpoint": f"{url}/oauth/device",
        "revocation_endpoint": f"{url}/oauth/revoke",
        "introspection_endpoint": f"{url}/oauth/introspect",
        "userinfo_endpoint": f"{url}/oauth/userinfo",
        "token_endpoint_auth_methods_supported": ANY_CLIENT,
        "revocation_endpoint_auth_methods_supported": ANY_CLIENT,
        "introspection_endpoint_auth_methods_supported": CONFIDENTIAL,
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS, DEVICE, TOKEN_EXCHANGE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "azp",
            "iat",
            "exp",
            "auth_time",
            "nonce",
            "at_hash",
            "email",
            "email_verified",
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "scopes_supported": sorted(CLIENT_SCOPES),
    }


def _form(required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, object]:
    properties = {name: {"type": "string"} for name in (*required, *optional)}
    schema = {"type": "object", "required": list(required), "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}
