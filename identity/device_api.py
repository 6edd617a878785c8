"""What the page asks a person about a program that shows a code elsewhere (RFC 8628, 3.3)."""

import ipaddress
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from foundation.http_caller import Caller
from foundation.http_json import StrictRoute
from foundation.openapi import problems
from foundation.problems import Forbidden, Invalid, Malformed, Unauthenticated
from foundation.wire import Wire
from identity.authorize import Visitor
from identity.authorize_api import ClientItem, signed_in_browser
from identity.errors import BrowserOnly, TooManyAttempts, UserCodeNotFound
from identity.model import Consent
from identity.parts import Parts

UserCode = Annotated[str, Query(max_length=100, description="As the program shows it; case and signs do not matter.")]


class DeviceQuestion(Wire):
    client: ClientItem
    device_name: str
    address: str | None
    scopes: list[str]
    requested_at: datetime


class DeviceAnswer(Wire):
    user_code: Annotated[str, Field(max_length=100)]
    allow: bool


def _told(address: str) -> str | None:
    """None for what says nothing: this machine's own address is that of a proxy before us."""
    try:
        return None if ipaddress.ip_address(address).is_loopback else address
    except ValueError:
        return None


def device_routes(parts: Parts) -> APIRouter:
    """For the page."""
    router = APIRouter(tags=["identity"], route_class=StrictRoute)
    provider = parts.provider

    def browser(request: Request, _caller: Caller) -> tuple[Visitor, str]:
        return signed_in_browser(parts, request), request.client.host if request.client else "local"

    Browser = Annotated[tuple[Visitor, str], Depends(browser)]  # noqa: N806 — a type.

    @router.get(
        "/auth/device",
        summary="Which program shows this code, and what it asks for",
        responses=problems(Unauthenticated, Forbidden, BrowserOnly, UserCodeNotFound, Invalid, TooManyAttempts),
    )
    def question(user_code: UserCode, browser: Browser) -> DeviceQuestion:
        visitor, address = browser
        guess = provider.guesses.begin(str(visitor.user), address)
        waits = provider.device_codes.waiting(user_code)
        provider.guesses.succeeded(guess)
        client = provider.clients.find(waits.client)
        if client is None:
            raise UserCodeNotFound("The program is not known here any more.")
        return DeviceQuestion(
            client=ClientItem(id=client.id, name=client.name),
            device_name=waits.device_name,
            address=_told(waits.address),
            scopes=sorted(waits.scopes),
            requested_at=waits.requested_at,
        )

    @router.post(
        "/auth/device",
        status_code=204,
        summary="Let the program that shows this code in, or not",
        responses=problems(
            Malformed, Unauthenticated, Forbidden, BrowserOnly, UserCodeNotFound, Invalid, TooManyAttempts
        ),
    )
    def answer(body: DeviceAnswer, browser: Browser) -> None:
        visitor, address = browser
        guess = provider.guesses.begin(str(visitor.user), address)
        waits = provider.device_codes.waiting(body.user_code)
        provider.guesses.succeeded(guess)
        consent = Consent(visitor.user, waits.client, waits.scopes, visitor.authenticated_at)
        provider.device_codes.answer(body.user_code, consent, allow=body.allow)

    return router
