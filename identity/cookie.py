"""The session cookie of browsers, and who may make a browser send it."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from foundation.http_caller import session_cookie_name
from foundation.problems import Forbidden
from identity.sessions import LONGEST

KNOWN_SECONDS = 365 * 86400
FLOW_SECONDS = 600


def sent_session(request: Request, public_url: str) -> str | None:
    return request.cookies.get(session_cookie_name(public_url))


def set_session(response: Response, public_url: str, secret: str) -> None:
    """Scripts never see it, and other sites' requests do not carry it, save links (ALGORITHMS.md 10)."""
    response.set_cookie(
        session_cookie_name(public_url),
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def sent_mark(request: Request, public_url: str) -> str | None:
    """What this browser was given when somebody signed in here, whoever it was."""
    return request.cookies.get(f"{session_cookie_name(public_url)}-known")


def set_mark(response: Response, public_url: str, mark: str) -> None:
    """It outlives the session, and lets nobody in."""
    response.set_cookie(
        f"{session_cookie_name(public_url)}-known",
        mark,
        max_age=KNOWN_SECONDS,
        path="/",
        secure=public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def sent_flow(request: Request, public_url: str) -> str | None:
    """The sign-in elsewhere that this browser began last."""
    return request.cookies.get(f"{session_cookie_name(public_url)}-sign-in")


def set_flow(response: Response, public_url: str, flow: str) -> None:
    response.set_cookie(
        f"{session_cookie_name(public_url)}-sign-in",
        flow,
        max_age=FLOW_SECONDS,
        path="/",
        secure=public_url.startswith("https:"),
        httponly=True,
        samesite="lax",  # The way back is a link from another site, which Strict would send nothing along with.
    )


def clear_flow(response: Response, public_url: str) -> None:
    response.delete_cookie(
        f"{session_cookie_name(public_url)}-sign-in",
        path="/",
        secure=public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, public_url: str) -> None:
    response.delete_cookie(
        session_cookie_name(public_url),
        path="/",
        secure=public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def refuse_other_sites(request: Request) -> None:
    """A page of another site must not sign a browser in as somebody of its choice. Programs send neither header."""
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("Only this server's own page may sign a browser in.")
