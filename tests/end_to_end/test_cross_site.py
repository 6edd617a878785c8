"""What a page of another site cannot do with somebody's session: nothing, at every route that changes anything."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.servers.cairn_server import SignedInServer

PASSWORD = "correct horse battery"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://sibling.127.0.0.1.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
]
# They look at no session: who asks proves it in the body or as `Authorization`, which no page of another site can.
WITHOUT_SESSION = re.compile(r"(POST|PUT|PATCH|DELETE) /oauth/(token|device|introspect|revoke|userinfo)")
SAFE = {"GET", "HEAD", "OPTIONS"}
BODY = b'{"email": "somebody@example.org", "password": "correct horse battery"}'
IDS = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def browser(lasting_server: SignedInServer) -> Iterator[httpx.Client]:
    """Signed in by its cookie alone."""
    with httpx.Client(base_url=lasting_server.url, timeout=60) as client:
        login = {"email": lasting_server.email, "password": PASSWORD}
        assert client.post("/api/v1/auth/login", json=login).status_code == 200
        yield client


def unsafe_routes(browser: httpx.Client) -> list[str]:
    paths = browser.get("/openapi.json").json()["paths"]
    routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    return [route for route in routes if route.split()[0] not in SAFE and not WITHOUT_SESSION.fullmatch(route)]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_route_takes_a_session_from_another_site(browser: httpx.Client, headers: dict[str, str]) -> None:
    routes = unsafe_routes(browser)
    assert len(routes) > 40
    let_through = []
    for route in routes:
        method, path = route.split()
        sent = headers | {"Content-Type": "application/json"}
        answer = browser.request(method, re.sub(r"{\w+}", IDS, path), content=BODY, headers=sent)
        if answer.status_code != 403:
            let_through.append((route, answer.status_code))
    assert let_through == []
    assert browser.get("/api/v1/me").status_code == 200  # Nor has any of them ended the session.


def test_what_a_form_of_another_site_can_send_changes_nothing(browser: httpx.Client) -> None:
    """Forms send no JSON, and browsers that send neither Origin nor Fetch Metadata are none that this page runs in."""
    for route in unsafe_routes(browser):
        method, path = route.split()
        if route in {"POST /api/v1/auth/login", "POST /api/v1/register"}:
            continue  # They need no session, and take JSON only.
        answer = browser.request(method, re.sub(r"{\w+}", IDS, path), data={"a": "b"})
        assert answer.status_code == 403, (route, answer.text)


def test_routes_without_a_session_do_not_look_at_one(browser: httpx.Client) -> None:
    for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke"):
        assert browser.post(path, data={"token": "x", "grant_type": "x"}).status_code in {400, 401}
    assert browser.get("/oauth/userinfo").status_code == 401
