"""Identity over HTTP: where a browser goes to sign in, and where it comes back from an outside provider."""

import re
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from foundation.openapi import problems
from foundation.problems import Invalid, Problem
from identity.callers import address_of
from identity.cookie import clear_flow, sent_flow, sent_session, set_flow, set_session
from identity.errors import OutsideFailed, OutsideRefused, OutsideUnavailable
from identity.outside_sign_in import OutsideSignIn
from identity.parts import Parts
from identity.sign_in import Browser

MAX_NEXT_CHARACTERS = 2000
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]*")
_REDIRECT: dict[int | str, dict[str, Any]] = {
    302: {"description": "Go there.", "headers": {"Location": {"schema": {"type": "string"}}}}
}


def local_path(next: str) -> str:  # noqa: A002 — the word of the API.
    """`next` if it is a path of this server. Raises Invalid: browsers read `//`, `\\` and control characters as other sites' addresses."""
    if len(next) > MAX_NEXT_CHARACTERS or not _LOCAL.fullmatch(next):
        raise Invalid("It is a path of this server, such as /b/photos.", field="next")
    return next


def outside_routes(router: APIRouter, parts: Parts) -> None:
    """Add them to `router`."""
    url = parts.public_url

    @router.get(
        "/auth/login",
        status_code=302,
        summary="Sign a browser in: redirects to the outside provider where there is one, else to the page",
        responses=_REDIRECT | problems(Invalid, OutsideUnavailable),
        response_class=Response,
    )
    async def begin(
        request: Request,
        next: Annotated[  # noqa: A002 — the word of the API.
            str, Query(max_length=MAX_NEXT_CHARACTERS, description="A path of this server to go on at.")
        ] = "/",
        local: Annotated[bool, Query(description="Whether to sign in here all the same, with a password.")] = False,
    ) -> Response:
        next = local_path(next)  # noqa: A001
        if parts.outside is None or local:
            return _to_page(next)
        try:
            departure = await run_sync(parts.outside.begin, next)
        except OutsideUnavailable as problem:
            return _told(request, problem, next)
        answer = RedirectResponse(departure.url, 302)
        answer.headers["Cache-Control"] = "no-store"
        set_flow(answer, url, departure.cookie)
        return answer

    @router.get(
        "/auth/callback",
        status_code=302,
        summary="Where the outside provider sends a browser back to",
        responses=_REDIRECT | problems(OutsideFailed, OutsideRefused, OutsideUnavailable),
        response_class=Response,
    )
    async def complete(request: Request) -> Response:
        try:
            answer = await _completed(request, parts.outside)
        except (OutsideFailed, OutsideRefused, OutsideUnavailable) as problem:
            answer = _told(request, problem, _wanted(request, parts))
        clear_flow(answer, url)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def _completed(request: Request, outside: OutsideSignIn | None) -> Response:
        sent = request.query_params.multi_items()
        if outside is None or len(dict(sent)) != len(sent):
            raise OutsideFailed("Nobody was sent there.")
        agent = request.headers.get("user-agent", "")
        browser = Browser(address_of(request), agent, sent_session(request, url))
        arrival = await run_sync(outside.complete, dict(sent), sent_flow(request, url), browser)
        answer = RedirectResponse(arrival.next, 302)
        set_session(answer, url, arrival.session)
        return answer


def _to_page(next: str, **more: str) -> Response:  # noqa: A002 — the word of the API.
    asked = ({"next": next} if next != "/" else {}) | more
    return RedirectResponse("/sign-in" + (f"?{urlencode(asked)}" if asked else ""), 302)


def _wanted(request: Request, parts: Parts) -> str:
    if parts.outside is None:
        return "/"
    return parts.outside.wanted(sent_flow(request, parts.public_url), request.query_params.get("state"))


def _told(request: Request, problem: Problem, next: str) -> Response:  # noqa: A002 — the word of the API.
    """To a person by the page, which has words for it; to a program as any problem."""
    if "text/html" in request.headers.get("accept", ""):
        return _to_page(next, problem=problem.slug)
    raise problem
