"""Where clients send people to (RFC 6749, 3.1), and what the page asks them there. No HTML is made here: the page shows it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from foundation.http_caller import Caller, credential_of
from foundation.http_json import StrictRoute
from foundation.openapi import problems
from foundation.problems import Forbidden, Invalid, Malformed, Unauthenticated
from foundation.wire import Wire
from identity.authorize import (
    MAX_QUERY_CHARACTERS,
    AuthorizationRequest,
    Refused,
    Visitor,
    authorization_request,
)
from identity.clock import Clock
from identity.cookie import sent_session
from identity.errors import AuthorizationInvalid, BrowserOnly
from identity.opaque import is_session
from identity.parts import Parts
from identity.provider import Provider

_QUERY = {
    "parameters": [
        {"name": name, "in": "query", "required": is_required, "schema": {"type": "string"}}
        for name, is_required in {
            "client_id": True, "redirect_uri": True, "response_type": True, "code_challenge": True,
            "code_challenge_method": True, "scope": True, "state": False, "nonce": False, "prompt": False, "max_age": False,
        }.items()
    ]
}  # fmt: skip


class ClientItem(Wire):
    id: str
    name: str


class ConsentQuestion(Wire):
    client: ClientItem
    scopes: list[str]
    redirect_host: str


class ConsentAnswer(Wire):
    query: Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS)]
    allow: bool


class Redirect(Wire):
    redirect_to: str


def visitor_of(parts: Parts, secret: str) -> Visitor:
    """Raises Unauthenticated."""
    identity, since = parts.verifier.verify(secret), parts.sessions.began_at(secret)
    if identity.user is None or since is None:
        raise Unauthenticated
    return Visitor(identity.user, since)


def signed_in_browser(parts: Parts, request: Request) -> Visitor:
    """Who answers for themselves: no token of theirs may. Raises BrowserOnly, Unauthenticated."""
    credential = credential_of(request)
    if credential is None or not is_session(credential):
        raise BrowserOnly("A token cannot let programs in.")
    return visitor_of(parts, credential)


def authorize_routes(parts: Parts, clock: Clock) -> APIRouter:
    """At the issuer's root."""
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    provider = parts.provider

    @router.get(
        "/oauth/authorize",
        status_code=302,
        summary="Ask a person to let a client in: by code, with PKCE",
        responses=problems(AuthorizationInvalid),
        openapi_extra=_QUERY,
    )
    def authorize(request: Request) -> Response:
        try:
            asked = authorization_request(request.url.query, provider.clients, parts.public_url)
            return _redirect(_next_step(provider, asked, _visitor(request), clock))
        except Refused as refused:
            return _redirect(refused.location)

    def _visitor(request: Request) -> Visitor | None:
        secret = sent_session(request, parts.public_url)
        try:
            return visitor_of(parts, secret) if secret is not None and is_session(secret) else None
        except Unauthenticated:
            return None

    return router


def consent_routes(parts: Parts, clock: Clock) -> APIRouter:
    """For the page."""
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    provider = parts.provider

    def browser(request: Request, _caller: Caller) -> Visitor:
        return signed_in_browser(parts, request)

    Browser = Annotated[Visitor, Depends(browser)]  # noqa: N806 — a type.

    @router.get(
        "/auth/consent",
        summary="Which program asks for what: the page's question before a person lets it in",
        responses=problems(Unauthenticated, Forbidden, BrowserOnly, AuthorizationInvalid),
        openapi_extra=_QUERY,
    )
    def question(visitor: Browser, request: Request) -> ConsentQuestion:
        asked = _asked(provider, request.url.query)
        if asked.needs_sign_in(visitor, clock()):
            raise Unauthenticated("The program wants you to sign in again.")
        client = ClientItem(id=asked.client.id, name=asked.client.name)
        return ConsentQuestion(client=client, scopes=sorted(asked.scopes), redirect_host=asked.redirect_host())

    @router.post(
        "/auth/consent",
        summary="Let a program in, or not; the browser then goes to `redirect_to`",
        responses=problems(Malformed, Unauthenticated, Forbidden, BrowserOnly, AuthorizationInvalid, Invalid),
    )
    def answer(body: ConsentAnswer, visitor: Browser) -> Redirect:
        asked = _asked(provider, body.query)
        if asked.needs_sign_in(visitor, clock()):
            return Redirect(redirect_to=_sign_in(asked, clock))
        return Redirect(redirect_to=_answered(provider, asked, visitor, allow=body.allow))

    return router


def _asked(provider: Provider, query: str) -> AuthorizationRequest:
    try:
        return authorization_request(query, provider.clients, provider.public_url)
    except Refused as refused:
        # The page came here with what the server itself had taken: somebody else wrote this.
        raise AuthorizationInvalid("This request is not as the program sent it.") from refused


def _answered(provider: Provider, asked: AuthorizationRequest, visitor: Visitor, *, allow: bool) -> str:
    if not allow:
        return asked.answer(error="access_denied", error_description="The person said no.")
    if not provider.clients.is_own(asked.client.id):
        provider.consents.give(visitor.user, asked.client, asked.scopes)
    return asked.answer(code=provider.codes.make(asked.code(visitor)))


def _next_step(provider: Provider, asked: AuthorizationRequest, visitor: Visitor | None, clock: Clock) -> str:
    """Where the browser goes: to sign in, to the question, or back to the client with a code. Raises Refused."""
    is_silent = "none" in asked.prompts
    if visitor is None or asked.needs_sign_in(visitor, clock()):
        if is_silent:
            raise asked.refused("login_required", "Nobody is signed in, or not lately enough.")
        return _sign_in(asked, clock)
    if asked.needs_consent(visitor.user, provider.consents):
        if is_silent:
            raise asked.refused("consent_required", "The person must be asked.")
        return f"/consent?{asked.query()}"
    return asked.answer(code=provider.codes.make(asked.code(visitor)))


def _sign_in(asked: AuthorizationRequest, clock: Clock) -> str:
    return f"/sign-in?next={quote(asked.after_sign_in(clock()), safe='')}"


def _redirect(location: str) -> Response:
    return Response(
        status_code=302, headers={"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
