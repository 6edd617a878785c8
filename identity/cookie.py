"""The session cookie of browsers, and who may make a browser send it."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from foundation.problems import Forbidden
from foundation.session_cookie import session_cookie_name
from identity.sessions import LONGEST

KNOWN_SECONDS = 365 * 86400
FLOW_SECONDS = 600
_MARK, _FLOW = "-known", "-sign-in"


def sent_session(request: Request, public_url: str) -> str | None:
    return request.cookies.get(session_cookie_name(public_url))


def set_session(response: Response, public_url: str, secret: str) -> None:
    _set(response, public_url, "", secret, int(LONGEST.total_seconds()))


def clear_session(response: Response, public_url: str) -> None:
    """Nor does the browser keep what it was sent (W3C Clear-Site-Data, 3.1); pages that stand open in it stay as they are."""
    response.headers["Clear-Site-Data"] = '"cache"'
    _clear(response, public_url, "")


def sent_mark(request: Request, public_url: str) -> str | None:
    """What this browser was given when somebody signed in here, whoever it was."""
    return request.cookies.get(f"{session_cookie_name(public_url)}{_MARK}")


def set_mark(response: Response, public_url: str, mark: str) -> None:
    """It outlives the session, and lets nobody in."""
    _set(response, public_url, _MARK, mark, KNOWN_SECONDS)


def sent_flow(request: Request, public_url: str) -> str | None:
    """The sign-in elsewhere that this browser began last."""
    return request.cookies.get(f"{session_cookie_name(public_url)}{_FLOW}")


def set_flow(response: Response, public_url: str, flow: str) -> None:
    _set(response, public_url, _FLOW, flow, FLOW_SECONDS)


def clear_flow(response: Response, public_url: str) -> None:
    _clear(response, public_url, _FLOW)


def _set(response: Response, public_url: str, suffix: str, value: str, seconds: int) -> None:
    """Scripts never see it, and other sites' requests do not carry it, save links (ALGORITHMS.md 10): so comes the way back."""
    name, is_secure = f"{session_cookie_name(public_url)}{suffix}", public_url.startswith("https:")
    response.set_cookie(name, value, seconds, path="/", secure=is_secure, httponly=True, samesite="lax")


def _clear(response: Response, public_url: str, suffix: str) -> None:
    name, is_secure = f"{session_cookie_name(public_url)}{suffix}", public_url.startswith("https:")
    response.delete_cookie(name, path="/", secure=is_secure, httponly=True, samesite="lax")


def refuse_other_sites(request: Request) -> None:
    """A page of another site must not sign a browser in as somebody of its choice. Programs send neither header."""
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("Only this server's own page may sign a browser in.")
