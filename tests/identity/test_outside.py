"""Signing in at an outside provider, a real one: the whole dance of redirects, and what of it can be forged."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from foundation.database import Database
from foundation.jwt import outside_machine, outside_user
from foundation.problems import Unauthenticated
from identity import IdentityRoom, open_identity
from identity.schema import outside_sessions
from tests.full_run import few
from tests.identity.house import EMAIL, PASSWORD, QUICK, SECRET, URL
from tests.identity.outside import Shifted, browser_of, came_back, changed, room_on, sign_in
from tests.servers.oidc_provider import OidcProvider

HTML = {"Accept": "text/html,*/*"}
SAME = {"Origin": URL}
pytestmark = pytest.mark.anyio


@pytest.fixture
def location(sqlite_location: str) -> str:
    """What differs between databases is shown in test_outside_sessions.py."""
    return sqlite_location


async def test_a_person_signs_in_elsewhere_and_goes_on_where_they_were(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    arrived = await sign_in(browser, shared_elsewhere)
    assert (arrived.status_code, arrived.headers["location"]) == (302, "/b/x")
    assert arrived.headers["cache-control"] == "no-store"
    me = (await browser.get("/me")).json()
    assert me["user_id"] == str(outside_user(shared_elsewhere.issuer, "ada"))
    assert (me["email"], me["issuer"]) == ("ada@elsewhere.example", shared_elsewhere.issuer)
    assert (me["is_admin"], me["has_password"], me["scopes"]) == (False, False, ["account", "files"])
    assert me["device"]["kind"] == "browser"
    assert set(browser.cookies) == {"cairn"}  # What began the sign-in has gone with its end.


async def test_the_providers_word_on_an_address_makes_nobody_an_account_of_this_house(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    local = trusting.add_user("ada@elsewhere.example", PASSWORD, is_admin=True)
    await sign_in(browser, shared_elsewhere)
    me = (await browser.get("/me")).json()
    assert me["user_id"] != str(local.id)
    assert me["is_admin"] is False
    assert (await browser.get("/invitations")).status_code == 403
    assert trusting.user("ada@elsewhere.example").id == local.id


async def test_whose_account_here_is_closed_is_not_let_in(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    await sign_in(browser, shared_elsewhere, "leaver")
    token = shared_elsewhere.person_token("leaver")
    assert trusting.verifier.verify(token).user == outside_user(shared_elsewhere.issuer, "leaver")
    trusting.parts.people.disable(outside_user(shared_elsewhere.issuer, "leaver"))
    assert (await browser.get("/me")).status_code == 401
    with pytest.raises(Unauthenticated):
        trusting.verifier.verify(token)
    refused = await sign_in(browser, shared_elsewhere, "leaver")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:cairn:problem:outside-refused")


async def test_people_are_asked_there_unless_they_ask_for_a_password_here(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    away = await browser.get("/auth/login")
    query = parse_qs(urlsplit(away.headers["location"]).query)
    assert away.headers["location"].startswith(f"{shared_elsewhere.issuer}/auth?")
    assert query["redirect_uri"] == [f"{URL}/api/v1/auth/callback"]
    assert (query["code_challenge_method"], query["response_type"]) == (["S256"], ["code"])
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    here = await browser.get("/auth/login", params={"local": "1", "next": "/b/x?a=b"})
    assert (here.status_code, here.headers["location"]) == (302, "/sign-in?next=%2Fb%2Fx%3Fa%3Db")
    trusting.add_user(EMAIL, PASSWORD)
    assert (await browser.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})).status_code == 200


async def test_without_a_provider_the_page_asks(database: Database, clock: Shifted) -> None:
    async with browser_of(open_identity(database, SECRET, URL, passwords=QUICK, clock=clock)) as browser:
        assert (await browser.get("/auth/login")).headers["location"] == "/sign-in"
        assert (await browser.get("/auth/options")).json()["outside"] is None
        assert (await browser.get("/auth/callback", params={"code": "x", "state": "y"})).status_code == 400


async def test_the_page_is_told_where_to_sign_in_and_out(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    await sign_in(browser, shared_elsewhere)
    outside = (await browser.get("/auth/options")).json()["outside"]
    assert (outside["name"], outside["login_url"]) == ("Elsewhere", "/api/v1/auth/login")
    async with httpx.AsyncClient() as there:
        asked = await there.get(outside["logout_url"])
    assert asked.status_code == 200, asked.text  # Their page asks whether to sign out there.


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "evil", "", "/\t/evil.example",
        "/b\r\nSet-Cookie: x=y", "\\\\evil.example", "/b/\\x", "/\u0085x", "/" + "x" * 2000,
    ],
)  # fmt: skip
async def test_signing_in_leads_to_no_other_site(browser: httpx.AsyncClient, target: str) -> None:
    for local in ("0", "1"):
        answer = await browser.get("/auth/login", params={"next": target, "local": local})
        assert answer.status_code == 422
        assert "location" not in answer.headers


async def is_refused(browser: httpx.AsyncClient, url: str, *more: str) -> bool:
    """Whether nobody is signed in by `url`, and a person is told so by the page. `more`: cookies beside the browser's."""
    sent = {"Cookie": "; ".join([*(f"{name}={value}" for name, value in browser.cookies.items()), *more])}
    browser.cookies.clear()
    shown = await browser.get(url, headers=sent | HTML)
    where = shown.headers["location"].replace("next=%2Fb%2Fx&", "")  # Kept where the sign-in was this browser's own.
    assert (shown.status_code, where) == (302, "/sign-in?problem=outside-failed")
    told = await browser.get(url, headers=sent)
    assert (told.status_code, told.json()["type"]) == (400, "urn:cairn:problem:outside-failed")
    return (await browser.get("/me", headers=sent)).status_code == 401


@pytest.mark.parametrize(
    "forged",
    few([
        {"state": None}, {"state": "x"}, {"code": "x"}, {"iss": "https://evil.example"}, {"iss": None}, {"iss": ""},
        {"state": ""}, {"state": "é"}, {"code": None},
    ], 4),
    ids=str,
)  # fmt: skip
async def test_an_answer_of_another_sign_in_or_another_issuer_signs_nobody_in(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider, forged: dict[str, str | None]
) -> None:
    assert await is_refused(browser, changed(await came_back(browser, shared_elsewhere), **forged))


async def test_an_answer_counts_only_in_the_browser_that_asked(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    url = await came_back(browser, shared_elsewhere)
    async with browser_of(trusting) as other:
        assert await is_refused(other, url)  # Without any cookie.
        await other.get("/auth/login")
        assert await is_refused(other, url)  # With that of a sign-in of its own.
        assert await is_refused(other, url, "cairn-sign-in=" + "forged" * 20)
    assert (await browser.get(url)).headers["location"] == "/b/x"


async def test_an_answer_is_taken_once_also_by_the_provider(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    url = await came_back(browser, shared_elsewhere)
    begun = browser.cookies["cairn-sign-in"]
    assert (await browser.get(url)).headers["location"] == "/b/x"
    browser.cookies.clear()
    assert await is_refused(browser, url)
    assert await is_refused(browser, url, f"cairn-sign-in={begun}")


async def test_a_sign_in_may_take_ten_minutes(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider, clock: Shifted
) -> None:
    url = await came_back(browser, shared_elsewhere)
    clock.by = timedelta(minutes=10)
    assert await is_refused(browser, url)


async def test_an_id_token_of_another_sign_in_signs_nobody_in(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    """Somebody who changes the nonce on the way gets a token that is not this browser's."""
    begun = await browser.get("/auth/login")
    assert await is_refused(browser, shared_elsewhere.sign_in(changed(begun.headers["location"], nonce="x"), "ada"))


async def test_a_verifier_that_is_not_the_browsers_is_refused_by_the_provider(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    begun = await browser.get("/auth/login")
    other = changed(begun.headers["location"], code_challenge="x" * 43)
    assert await is_refused(browser, shared_elsewhere.sign_in(other, "ada"))


async def test_who_is_refused_there_is_told_so_and_keeps_where_they_wanted(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    begun = await browser.get("/auth/login", params={"next": "/b/x"})
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    sent = {"state": state, "error": "access_denied", "iss": shared_elsewhere.issuer}
    answer = await browser.get("/auth/callback", params=sent, headers=HTML)
    assert answer.headers["location"] == "/sign-in?next=%2Fb%2Fx&problem=outside-refused"


async def test_a_planted_session_does_not_become_the_persons(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    planted = "cairnsession_" + "A" * 43
    browser.cookies.set("cairn", planted, domain="cairn.test")
    await sign_in(browser, shared_elsewhere)
    assert browser.cookies["cairn"] != planted


async def test_after_signing_out_the_session_and_what_the_provider_gave_are_gone(
    browser: httpx.AsyncClient, shared_elsewhere: OidcProvider, database: Database
) -> None:
    await sign_in(browser, shared_elsewhere)
    session = browser.cookies["cairn"]
    assert (await browser.post("/auth/logout", headers=SAME)).status_code == 204
    assert (await browser.get("/me", headers={"Cookie": f"cairn={session}"})).status_code == 401
    assert database.read(lambda connection: connection.execute(select(outside_sessions)).all()) == []


async def test_a_provider_that_was_never_there_is_told_and_nobody_waits_long_again(
    database: Database, clock: Shifted
) -> None:
    provider = OidcProvider(URL)
    room = room_on(database, provider, clock)
    async with browser_of(room) as browser:
        shown = await browser.get("/auth/login", params={"next": "/b/x"}, headers=HTML)
        assert shown.headers["location"] == "/sign-in?next=%2Fb%2Fx&problem=outside-unavailable"
        told = await browser.get("/auth/login")
        assert (told.status_code, told.json()["type"]) == (503, "urn:cairn:problem:outside-unavailable")
        assert "retry-after" in told.headers
    provider.close()


async def test_programs_bring_the_providers_tokens(trusting: IdentityRoom, shared_elsewhere: OidcProvider) -> None:
    person = trusting.verifier.verify(shared_elsewhere.person_token("ada"))
    machine = trusting.verifier.verify(shared_elsewhere.machine_token())
    assert person.user == outside_user(shared_elsewhere.issuer, "ada")
    assert machine.user == outside_machine(shared_elsewhere.issuer, "web")
    assert (person.scopes, machine.scopes) == ({"files"}, {"files"})


async def test_a_token_for_somebody_else_or_an_id_token_is_refused(
    trusting: IdentityRoom, browser: httpx.AsyncClient, shared_elsewhere: OidcProvider
) -> None:
    for token in (
        shared_elsewhere.machine_token("https://other.example"),
        shared_elsewhere.machine_token(None),  # Not a JWT, and nobody asks the provider about those here.
    ):
        with pytest.raises(Unauthenticated):
            trusting.verifier.verify(token)
        answer = await browser.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_tokens_that_are_no_jwts_are_asked_about_where_that_is_set(
    database: Database, shared_elsewhere: OidcProvider, clock: Shifted
) -> None:
    room = room_on(database, shared_elsewhere, clock, oidc_introspection=True)
    opaque = shared_elsewhere.machine_token(None)
    assert room.verifier.verify(opaque).user == outside_machine(shared_elsewhere.issuer, "web")
    with pytest.raises(Unauthenticated):  # Another program's own: whoever has it must not use it here.
        room.verifier.verify(shared_elsewhere.person_token("ada", for_cairn=False))
    for invented in ("x" * 43, "a", "cairn_" + "x" * 43, "..", "a b"):
        with pytest.raises(Unauthenticated):
            room.verifier.verify(invented)
