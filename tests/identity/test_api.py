"""Identity over HTTP: cookies, tokens, devices, and what a page of another site cannot do."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from foundation.identity import Identity
from foundation.settings import ServiceSettings
from identity import create_app, open_identity
from tests.identity.house import EMAIL, PASSWORD, QUICK, SECRET, URL, House

SAME = {"Origin": URL}
LOGIN = {"email": EMAIL, "password": PASSWORD}
pytestmark = pytest.mark.anyio


def client_of(house: House, url: str = URL) -> httpx.AsyncClient:
    room = house.room
    if url != URL:
        room = open_identity(house.database, SECRET, url, passwords=QUICK, clock=house.clock)
    app = create_app(room.parts, ServiceSettings(public_url=url))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url)


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    async with client_of(house) as client:
        yield client


@pytest.fixture
def bearer(house: House) -> Callable[..., dict[str, str]]:
    """Headers of a program with a new token of ada's."""

    def headers(*scopes: str) -> dict[str, str]:
        made = house.room.create_token(EMAIL, "program", scopes or ("files", "account"))
        return {"Authorization": f"Bearer {made.secret}"}

    return headers


async def signed_in(http: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await http.post("/api/v1/auth/login", json=LOGIN, headers=SAME)).status_code == 200
    return http


async def test_signing_in_answers_who_one_is_and_sets_the_cookie(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/auth/login", json=LOGIN)
    me = answer.json()
    assert answer.status_code == 200
    assert (me["email"], me["is_admin"], me["scopes"]) == (EMAIL, False, ["account", "files"])
    assert (await http.get("/api/v1/me")).json() == me
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("cairn=cairnsession_")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie
    assert "domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_on_https_the_cookie_is_bound_to_the_host(house: House) -> None:
    async with client_of(house, "https://cairn.test") as http:
        answer = await http.post("/api/v1/auth/login", json=LOGIN)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-cairn=")
        assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert (await http.get("/api/v1/me")).status_code == 200
        planted = {"Cookie": "cairn=" + http.cookies["__Host-cairn"]}  # What a sibling domain could set.
        http.cookies.clear()
        assert (await http.get("/api/v1/me", headers=planted)).status_code == 401


async def test_a_wrong_password_and_an_unknown_address_answer_alike(http: httpx.AsyncClient) -> None:
    answers = [
        await http.post("/api/v1/auth/login", json={"email": email, "password": "wrong password"})
        for email in (EMAIL, "nobody@example.org")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["type"] == "urn:cairn:problem:sign-in-failed"
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_too_many_wrong_passwords_are_429_and_say_when_to_come_again(http: httpx.AsyncClient) -> None:
    for _ in range(10):
        await http.post("/api/v1/auth/login", json={"email": EMAIL, "password": "wrong password"})
    answer = await http.post("/api/v1/auth/login", json=LOGIN)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after_seconds"] > 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"email": 1, "password": 2}', b'{"email": "a@b"}', b'{"email": "a@b", "password": null}',
        b'{"email": "a@b", "password": "x", "more": 1}', b'{"email": "\\ud800@b", "password": "12345678"}',
        b'{"email": "a@b", "password": "\\ud800"}', b'{"email": "a\\u0000@b", "password": "12345678"}',
        b'{"email": "a@b", "password": "' + b"x" * 10**6 + b'"}', b"[" * 100_000, b"\xff\xfe", b'{"email": NaN, "password": "x"}',
    ],
    ids=range(15),
)  # fmt: skip
async def test_bad_bodies_are_4xx(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://sub.cairn.test"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
UNSAFE = [
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/00000000-0000-7000-8000-000000000000"),
    ("DELETE", "/api/v1/devices/00000000-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize("headers", [*FOREIGN, {}], ids=str)
@pytest.mark.parametrize(("method", "path"), UNSAFE)
async def test_a_session_changes_nothing_from_another_site(
    http: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    await signed_in(http)
    assert (await http.request(method, path, headers=headers)).status_code == 403
    assert (await http.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_site_signs_nobody_in(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await http.post("/api/v1/auth/login", json=LOGIN, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_a_form_of_another_site_cannot_sign_anybody_in(http: httpx.AsyncClient) -> None:
    body = b'{"email": "ada@example.org", "password": "correct horse battery"}'
    answer = await http.post("/api/v1/auth/login", content=body, headers={"Content-Type": "text/plain"})
    assert 400 <= answer.status_code < 500


async def test_signing_in_again_gives_a_new_session_and_the_old_one_is_dead(http: httpx.AsyncClient) -> None:
    old = dict((await signed_in(http)).cookies)
    await signed_in(http)
    assert http.cookies["cairn"] != old["cairn"]
    http.cookies.clear()
    assert (await http.get("/api/v1/me", headers={"Cookie": f"cairn={old['cairn']}"})).status_code == 401


async def test_after_signing_out_the_session_is_dead_and_the_cookie_gone(http: httpx.AsyncClient) -> None:
    session = (await signed_in(http)).cookies["cairn"]
    answer = await http.post("/api/v1/auth/logout", headers=SAME)
    assert (answer.status_code, answer.headers["clear-site-data"]) == (204, '"cache"')
    assert "cairn" not in http.cookies
    assert (await http.get("/api/v1/me", headers={"Cookie": f"cairn={session}"})).status_code == 401


async def test_nobody_is_asked_to_sign_in(http: httpx.AsyncClient) -> None:
    for path in ("/api/v1/me", "/api/v1/tokens", "/api/v1/devices"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:cairn:problem:unauthenticated")


async def test_a_service_is_no_person(house: House) -> None:
    class Services:
        def verify(self, _credential: str) -> Identity:
            return Identity(is_service=True, scopes=frozenset({"account", "files", "admin"}))

    async with client_of(house) as http:
        http._transport.app.state.verifier = Services()  # type: ignore[attr-defined]  # noqa: SLF001
        for path in ("/api/v1/me", "/api/v1/tokens", "/api/v1/devices"):
            assert (await http.get(path, headers={"Authorization": "Bearer x"})).status_code == 403


async def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(
    http: httpx.AsyncClient, house: House
) -> None:
    await signed_in(http)
    ends = house.clock.now + timedelta(days=7)
    wanted = {"name": "backup", "scopes": ["files:read"], "expires_at": ends.isoformat()}
    made = await http.post("/api/v1/tokens", json=wanted, headers=SAME)
    assert (made.status_code, set(made.json()), made.headers["cache-control"]) == (201, {"id", "token"}, "no-store")
    token = made.json()["token"]
    listed = await http.get("/api/v1/tokens")
    [item] = listed.json()["items"]
    assert (item["id"], item["name"], item["scopes"]) == (made.json()["id"], "backup", ["files:read"])
    assert item["expires_at"] == "2026-05-08T12:00:00Z"
    assert token not in listed.text

    http.cookies.clear()
    program = {"Authorization": f"Bearer {token}"}
    assert (await http.get("/api/v1/me", headers=program)).json()["scopes"] == ["files:read"]
    await signed_in(http)
    for status in (204, 404):
        assert (await http.delete(f"/api/v1/tokens/{item['id']}", headers=SAME)).status_code == status
    assert (await http.get("/api/v1/me", headers=program)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"name": ""}, 422), ({"name": "x", "scopes": []}, 422), ({"name": "x", "scopes": ["nonsense"]}, 422),
        ({"name": "x", "scopes": ["blocks:erase"]}, 422), ({"name": "x", "scopes": ["admin"]}, 403),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, 422), ({"name": "x", "expires_at": "2099-01-01T00:00:00"}, 422),
        ({"name": "x", "expires_at": "9999-12-31T23:59:59Z"}, 201), ({"name": "x", "expires_at": "9999-12-31T23:59:59-23:59"}, 422),
        ({"name": "x", "expires_at": "0001-01-01T00:00:00+23:59"}, 422), ({"name": "x", "expires_at": 10**30}, 422),
        ({"name": "x" * 10_000}, 422), ({"name": "a\0b"}, 422), ({"name": "x", "secret": "mine"}, 422),
    ],
    ids=str,
)  # fmt: skip
async def test_what_a_token_may_be(
    http: httpx.AsyncClient, bearer: Callable[..., dict[str, str]], body: dict[str, Any], status: int
) -> None:
    answer = await http.post("/api/v1/tokens", json=body, headers=bearer())
    assert answer.status_code == status


async def test_a_token_makes_no_stronger_one(http: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]) -> None:
    for held, wanted, status in (
        (("files",), "files", 403),
        (("account", "files:read"), "files", 403),
        (("account", "files:read"), "files:read", 201),
        (("account", "files"), "files:read", 201),
    ):
        answer = await http.post("/api/v1/tokens", json={"name": "x", "scopes": [wanted]}, headers=bearer(*held))
        assert answer.status_code == status, (held, wanted)


async def test_lists_come_in_pages_and_a_foreign_cursor_is_refused(
    http: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    program, seen, cursor = bearer(), list[str](), None
    for _ in range(4):
        bearer("files")
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/api/v1/tokens", params=query, headers=program)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"] or cursor
    assert (len(seen), seen, page["next_cursor"]) == (5, sorted(set(seen)), None)
    for query in ({"cursor": "forged"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "1001"}, {"limit": "x"}):
        assert (await http.get("/api/v1/tokens", params=query, headers=program)).status_code == 422
    assert (await http.get("/api/v1/devices", params={"cursor": cursor}, headers=program)).status_code == 422


async def test_a_device_is_listed_and_its_revocation_ends_its_session(http: httpx.AsyncClient) -> None:
    await signed_in(http)
    [device] = (await http.get("/api/v1/devices")).json()["items"]
    assert (device["kind"], device["is_current"]) == ("browser", True)
    assert (await http.delete(f"/api/v1/devices/{device['id']}", headers=SAME)).status_code == 204
    assert (await http.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("id", ["x", "%00", "0" * 31, "..%2f", "é"])
async def test_a_malformed_id_is_a_4xx_problem(
    http: httpx.AsyncClient, bearer: Callable[..., dict[str, str]], id: str
) -> None:
    for kind in ("tokens", "devices"):
        answer = await http.delete(f"/api/v1/{kind}/{id}", headers=bearer())
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_token_in_the_address_is_no_credential(http: httpx.AsyncClient, house: House) -> None:
    made = house.room.create_token(EMAIL, "x")
    for name in ("access_token", "token"):
        assert (await http.get("/api/v1/me", params={name: made.secret})).status_code == 401


async def test_the_service_is_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/readyz")).json() == {"services": {"identity": "ok"}}
