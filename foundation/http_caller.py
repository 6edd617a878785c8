"""Who calls: the credential of a request, verified. `Caller` in a route's signature is all that a route of a CallerRoute needs."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from foundation.identity import NOBODY, Identity
from foundation.problems import Forbidden, Unauthenticated
from foundation.session_cookie import session_cookie_name

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def credential_of(request: Request) -> str | None:
    """What the request shows of who sends it. Raises Unauthenticated, Forbidden for what is no way to show it."""
    return _bearer(request) or _cookie(request)


async def _anybody(request: Request) -> Identity:
    if not hasattr(request.state, "caller"):  # Verified once: the route asks first, its dependencies ask again.
        credential = credential_of(request)
        verify = request.app.state.verifier.verify
        request.state.caller = NOBODY if credential is None else await run_sync(verify, credential)
    identity: Identity = request.state.caller
    return identity


async def _caller(request: Request) -> Identity:
    identity = await _anybody(request)
    if identity is NOBODY:
        raise Unauthenticated
    return identity


Caller = Annotated[Identity, Depends(_caller)]
# Or NOBODY, without any credential: for routes that read what may be public.
Anybody = Annotated[Identity, Depends(_anybody)]


class CallerRoute(APIRoute):
    """A route that knows its caller before it reads anything else: nobody is 401, whatever is wrong with the query or the body.

    Without it the framework reads the body first, whose cost would be anybody's to cause.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        asked = {dependency.call for dependency in _below(self.dependant)}
        who = next((one for one in (_caller, _anybody) if one in asked), None)

        async def handle_known(request: Request) -> Response:
            if who is not None:
                await who(request)
            return await handle(request)

        return handle_known


def _below(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _below(one)


def _bearer(request: Request) -> str | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer TOKEN`.")
    return credential.strip()


def _cookie(request: Request) -> str | None:
    cookie = request.cookies.get(session_cookie_name(request.app.state.settings.public_url))
    if cookie is not None and request.method not in _SAFE and not _is_same_origin(request):
        raise Forbidden("A browser's session may change things only from this server's own page.")
    return cookie


def _is_same_origin(request: Request) -> bool:
    """Origin against Host (a sibling domain shares cookies, not origins), and Fetch Metadata, which a browser on http does not send.

    Both where both are there: Fetch Metadata also knows a page of the same host that came without TLS.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    is_own = not origin or urlsplit(origin).netloc == request.headers.get("host")
    return is_own and (site == "same-origin" or (site is None and bool(origin)))
