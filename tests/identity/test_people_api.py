"""Accounts over HTTP: options, registering, invitations, passwords, devices."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from foundation.settings import ServiceSettings
from identity import IdentitySettings, create_app, open_identity
from identity.settings import Registration
from tests.identity.house import EMAIL, PASSWORD, QUICK, SECRET, URL, House

SAME = {"Origin": URL}
NEW, SECOND = "grace@example.org", "another long password"
pytestmark = pytest.mark.anyio


def browser_of(house: House, **settings: object) -> httpx.AsyncClient:
    kept = IdentitySettings.model_validate(settings)
    room = open_identity(house.database, SECRET, URL, settings=kept, passwords=QUICK, clock=house.clock)
    app = create_app(room.parts, ServiceSettings(public_url=URL))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{URL}/api/v1", headers=SAME)


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in, where everybody may make an account."""
    async with browser_of(house, registration="open") as client:
        yield client


async def sign_in(http: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
    return await http.post("/auth/login", json={"email": email, "password": password})


async def register(http: httpx.AsyncClient, email: str = NEW, **more: str) -> httpx.Response:
    return await http.post("/register", json={"email": email, "password": SECOND, **more})


@pytest.mark.parametrize("mode", list(Registration))
async def test_the_page_is_told_how_people_sign_in_and_who_may_make_an_account(house: House, mode: str) -> None:
    async with browser_of(house, registration=mode) as http:
        told = (await http.get("/auth/options")).json()
        assert told == {"registration": mode, "passwords": True, "outside": None}


async def test_registering_answers_the_same_whether_somebody_has_the_address_or_not(http: httpx.AsyncClient) -> None:
    new, taken = await register(http), await register(http, EMAIL)
    assert (new.status_code, new.content) == (taken.status_code, taken.content) == (202, b'{"next":"Sign in."}')
    assert {**new.headers, "x-request-id": ""} == {**taken.headers, "x-request-id": ""}
    assert (await sign_in(http, NEW, SECOND)).json()["email"] == NEW
    refused = await sign_in(http, EMAIL, SECOND)
    assert (refused.status_code, refused.json()["title"]) == (401, "E-mail or password is wrong")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "", "Sec-Fetch-Site": "same-site"}])
async def test_a_page_of_another_site_makes_nobody_an_account(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    body = {"email": NEW, "password": SECOND}
    assert (await http.post("/register", json=body, headers=headers)).status_code == 403
    assert (await sign_in(http, NEW, SECOND)).status_code == 401


async def test_where_passwords_are_off_nobody_registers_or_signs_in_with_one(house: House) -> None:
    async with browser_of(house, passwords=False) as http:
        assert (await http.get("/auth/options")).json()["passwords"] is False
        assert (await register(http)).json()["type"] == "urn:cairn:problem:registration-closed"
        assert (await sign_in(http)).status_code == 403


async def test_an_administrator_invites_and_takes_back_and_nothing_of_the_secret_is_kept_or_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.room.add_user("admin@example.org", PASSWORD, is_admin=True)
    caplog.set_level(logging.DEBUG)
    async with browser_of(house, registration="invited") as http:
        admin = await sign_in(http, "admin@example.org")
        made = await http.post("/invitations", json={"email": NEW})
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        link, secret = made.json()["link"], made.json()["link"].partition("#invitation=")[2]
        assert link == f"{URL}/create#invitation={secret}"
        listed = await http.get("/invitations")
        [item] = listed.json()["items"]
        assert (item["email"], item["invited_by"]) == (NEW, admin.json()["user_id"])
        back = (await http.post("/invitations", json={})).json()["id"]
        assert [(await http.delete(f"/invitations/{back}")).status_code for _ in range(2)] == [204, 404]
        assert (await register(http, invitation=secret)).status_code == 202
        again = await register(http, "third@example.org", invitation=secret)
        assert (again.status_code, again.json()["type"]) == (403, "urn:cairn:problem:invitation-invalid")
        assert secret not in listed.text + again.text + caplog.text
        assert (SECOND in caplog.text, PASSWORD in caplog.text) == (False, False)
        assert (await sign_in(http, NEW, SECOND)).status_code == 200
        for answer in (await http.get("/invitations"), await http.post("/invitations", json={})):
            assert answer.status_code == 403


async def test_invitations_come_in_pages(house: House) -> None:
    house.room.add_user("admin@example.org", PASSWORD, is_admin=True)
    async with browser_of(house) as http:
        await sign_in(http, "admin@example.org")
        made = [(await http.post("/invitations", json={})).json()["id"] for _ in range(3)]
        first = (await http.get("/invitations", params={"limit": 2})).json()
        rest = (await http.get("/invitations", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert [item["id"] for item in first["items"] + rest["items"]] == made
        assert rest["next_cursor"] is None
        assert (await http.get("/invitations", params={"cursor": "forged"})).status_code == 422


async def test_a_password_is_changed_in_the_browser_that_stays_signed_in(house: House, http: httpx.AsyncClient) -> None:
    await sign_in(http)
    async with browser_of(house) as other:
        await sign_in(other)
        wrong = await http.post("/me/password", json={"current_password": "wrong", "new_password": SECOND})
        assert (wrong.status_code, wrong.json()["field"]) == (403, "current_password")
        changed = await http.post("/me/password", json={"current_password": PASSWORD, "new_password": SECOND})
        assert changed.status_code == 204
        house.clock.move(seconds=6)  # Another process remembers for five seconds who was let in.
        assert ((await http.get("/me")).status_code, (await other.get("/me")).status_code) == (200, 401)


@pytest.mark.parametrize("body", [None, {}, {"keep_tokens": True}])
async def test_out_everywhere_is_out_here_too_and_the_cookie_goes(
    http: httpx.AsyncClient, body: dict[str, bool] | None
) -> None:
    await sign_in(http)
    assert (await http.post("/auth/sign-out-everywhere", json=body)).status_code == 204
    assert "cairn" not in http.cookies
    assert (await http.get("/me")).status_code == 401


async def test_out_everywhere_but_here_keeps_the_session(http: httpx.AsyncClient) -> None:
    await sign_in(http)
    assert (await http.post("/auth/sign-out-everywhere", json={"keep_this_session": True})).status_code == 204
    assert (await http.get("/me")).status_code == 200


async def test_me_says_where_and_with_what_one_is_signed_in(http: httpx.AsyncClient) -> None:
    me = (await sign_in(http)).json()
    assert (me["issuer"], me["has_password"], me["is_admin"]) == (None, True, False)
    assert me["device"] == {"id": me["device_id"], "kind": "browser", "name": "python-httpx"}


async def test_devices_have_names_and_those_that_are_gone_are_told_on_request(http: httpx.AsyncClient) -> None:
    first = (await sign_in(http)).json()["device_id"]
    second = (await sign_in(http)).json()["device_id"]  # Signing in again ends the session that was.
    renamed = await http.patch(f"/devices/{second}", json={"name": "Ada's laptop"})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["is_current"]) == (200, "Ada's laptop", True)
    assert [item["id"] for item in (await http.get("/devices")).json()["items"]] == [second]
    page = (await http.get("/devices", params={"include": "revoked", "limit": 1})).json()
    more = {"include": "revoked", "limit": 1, "cursor": page["next_cursor"]}
    rest = (await http.get("/devices", params=more)).json()
    items = page["items"] + rest["items"]
    assert [(item["id"], item["revoked_at"] is None) for item in items] == [(second, True), (first, False)]
    assert rest["next_cursor"] is None
    assert (await http.get("/devices", params={"cursor": page["next_cursor"]})).status_code == 422
    assert (await http.get("/devices", params={"include": "all"})).status_code == 422
    assert (await http.patch(f"/devices/{first}", json={"name": "gone"})).status_code == 404


async def test_who_signed_in_before_is_known_to_be_and_waits_for_nobodys_guesses(
    house: House, http: httpx.AsyncClient
) -> None:
    await sign_in(http)
    mark = http.cookies["cairn-known"]
    await http.post("/auth/logout")
    assert http.cookies["cairn-known"] == mark
    async with browser_of(house) as stranger:
        app = http._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 — one process has one count.
        stranger._transport = httpx.ASGITransport(app)  # noqa: SLF001
        answers = [(await sign_in(stranger, EMAIL, "wrong password")).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]
    assert (await sign_in(http)).status_code == 200
