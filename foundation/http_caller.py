"""Who calls: the credential of a request, verified. `Caller` in a route's signature is all that a route needs."""

from typing import Annotated
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Depends, Request

from foundation.identity import NOBODY, Identity
from foundation.problems import Forbidden, Unauthenticated

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def session_cookie_name(public_url: str) -> str:
    """`__Host-` binds a cookie to the host and to https; browsers refuse it on a plain http address."""
    return "__Host-cairn" if public_url.startswith("https:") else "cairn"


async def _caller(request: Request) -> Identity:
    credential = _bearer(request) or _cookie(request)
    if credential is None:
        # Nobody changes anything: refused before a byte of the body is read, whose cost would be anybody's to cause.
        if request.method not in _SAFE:
            raise Unauthenticated
        return NOBODY
    identity: Identity = await run_sync(request.app.state.verifier.verify, credential)
    return identity


Caller = Annotated[Identity, Depends(_caller)]


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
    """Origin against Host (a sibling domain shares cookies, not origins); Fetch Metadata where a browser sends no Origin."""
    if origin := request.headers.get("origin"):
        return urlsplit(origin).netloc == request.headers.get("host")
    return request.headers.get("sec-fetch-site") == "same-origin"
