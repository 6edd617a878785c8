"""Signing in and out, making an account, letting programs and devices in."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cairn.compose.data import open_identity
from identity import Client
from tests.page.looks import check, violations
from tests.page.person import PASSWORD, Person, go_back
from tests.servers.cairn_server import SignedInServer, running_server

SitDown = Callable[..., Person]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    """Where accounts are made by invitation only."""
    with running_server(tmp_path_factory.mktemp("closed"), CAIRN_REGISTRATION="invited") as server:
        yield server


@pytest.fixture
def nobody(person: Person, page: Page) -> Page:
    """A browser in which nobody is signed in."""
    person.context.clear_cookies()
    return page


def test_who_is_not_signed_in_is_asked_to_and_then_comes_where_they_wanted(person: Person, nobody: Page) -> None:
    nobody.goto("/sync-status")
    nobody.get_by_label("E-mail").fill(person.email)
    nobody.get_by_label("Password").fill(PASSWORD)
    nobody.get_by_role("button", name="Sign in").click()
    expect(nobody).to_have_url(re.compile("/sync-status$"))
    expect(nobody.get_by_role("heading", name="Sync status")).to_be_visible()


def test_a_wrong_password_is_told_without_saying_which_of_the_two_is_wrong(person: Person, nobody: Page) -> None:
    nobody.goto("/")
    nobody.get_by_label("E-mail").fill(person.email)
    nobody.get_by_label("Password").fill("wrong horse battery")
    nobody.get_by_role("button", name="Sign in").click()
    expect(nobody.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    expect(nobody.get_by_label("Password")).to_be_focused()
    check(nobody, "gate-error")


def test_signing_in_needs_no_mouse(person: Person, nobody: Page) -> None:
    nobody.goto("/sign-in")
    expect(nobody.get_by_label("E-mail")).to_be_focused()
    nobody.keyboard.type(person.email)
    nobody.keyboard.press("Tab")
    nobody.keyboard.type(PASSWORD)
    nobody.keyboard.press("Enter")
    expect(nobody.get_by_role("link", name="Sync status").first).to_be_visible()


@pytest.mark.parametrize(
    "where", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/api/v1/me"]
)
def test_signing_in_leads_to_no_other_place_than_the_page(person: Person, nobody: Page, where: str) -> None:
    nobody.goto(f"/sign-in?{urlencode({'next': where})}")
    _sign_in(nobody, person)
    expect(nobody).to_have_url(re.compile(rf"^{re.escape(person.server.url)}/$"))


def test_too_many_tries_are_told_with_how_long_to_wait(server: SignedInServer, sit_down: SitDown) -> None:
    person = sit_down(server)
    page, context = person.page, person.context
    context.clear_cookies()
    wrong = {"email": person.email, "password": "wrong horse battery"}
    tries = [context.request.post("/api/v1/auth/login", data=wrong).status for _ in range(20)]
    assert 429 in tries
    page.goto("/sign-in")
    _sign_in(page, person)
    expect(page.get_by_role("alert")).to_have_text("Too many tries. Try again in 1 minute.")


def test_somebody_makes_an_account_and_is_in(nobody: Page) -> None:
    nobody.goto("/sign-in")
    nobody.get_by_role("button", name="Create account").click()
    expect(nobody.get_by_label("E-mail")).to_be_focused()
    check(nobody, "gate-create")
    nobody.get_by_label("E-mail").fill("grace-new@example.org")
    nobody.get_by_label("Password").fill("short")
    nobody.get_by_role("button", name="Create account").click()
    expect(nobody.get_by_role("alert")).to_contain_text("8 to 1024 characters")
    nobody.get_by_label("Password").fill(PASSWORD)
    nobody.get_by_role("button", name="Show").click()
    expect(nobody.get_by_label("Password")).to_have_attribute("type", "text")
    nobody.get_by_role("button", name="Create account").click()
    expect(nobody.get_by_role("link", name="grace-new@example.org")).to_be_visible()


def test_an_invitation_makes_one_account_where_nobody_else_can(closed: SignedInServer, sit_down: SitDown) -> None:
    host, guest = sit_down(closed), sit_down(closed)
    page = guest.page
    guest.context.clear_cookies()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Create account")).to_have_count(0)
    page.goto("/create")
    expect(page.get_by_text("Accounts are made by invitation here.")).to_be_visible()
    with open_identity(closed.settings()) as identity:
        identity.add_user("root@example.org", PASSWORD, is_admin=True)
        admin = closed.http(identity.create_token("root@example.org", "tests", ["account", "admin"]).secret)
    link = admin.post("/invitations", json={"email": None}).json()["link"]
    admin.close()
    parts = urlsplit(link)
    page.goto(f"{parts.path}#{parts.fragment}")
    page.get_by_label("E-mail").fill("invited@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("link", name="invited@example.org")).to_be_visible()
    host.page.goto("/")
    expect(host.page.get_by_role("link", name=host.email)).to_be_visible()


def test_a_device_is_let_in_by_the_code_that_it_shows(person: Person, page: Page) -> None:
    asked = _ask_for_code(person)
    page.goto("/device")
    expect(page.get_by_label("Code")).to_be_focused()
    check(page, "gate-device")
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("No device waits with this code.")
    page.get_by_label("Code").fill(asked["user_code"].lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("workshop-pc")
    # From this machine's own address, which says nothing.
    expect(page.get_by_text("The device shows")).not_to_contain_text("from")
    check(page, "gate-device-question")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert _token(person, asked)["access_token"]


@pytest.mark.full
def test_a_device_that_is_denied_gets_nothing(person: Person, nobody: Page) -> None:
    asked = _ask_for_code(person)
    nobody.goto(f"/device?user_code={asked['user_code']}")
    _sign_in(nobody, person)
    expect(nobody.get_by_label("Code")).to_have_value(asked["user_code"])
    nobody.get_by_role("button", name="Continue").click()
    nobody.get_by_role("button", name="Deny").click()
    expect(nobody.get_by_role("heading", name="Not let in")).to_be_visible()
    assert _token(person, asked)["error"] == "access_denied"


def test_a_program_is_let_in_by_whoever_is_signed_in_and_gets_its_answer(person: Person, nobody: Page) -> None:
    query = _authorization(person.server)
    nobody.route("https://tool.example/**", lambda route: route.fulfill(status=200, body="back"))
    nobody.goto(f"/oauth/authorize?{query}")
    _sign_in(nobody, person)
    expect(nobody.get_by_role("heading", name="Let “Backup <b>Tool” in?")).to_be_visible()
    expect(nobody.get_by_text(f"Signed in as {person.email}")).to_be_visible()
    expect(nobody.get_by_role("list", name="It may").get_by_role("listitem")).to_have_text(
        ["See your files", "Stay connected until you end it under Account", "Know who you are, and your e-mail address"]
    )
    expect(nobody.get_by_text("You go on to tool.example.")).to_be_visible()
    check(nobody, "gate-consent")
    nobody.get_by_role("button", name="Allow").click()
    nobody.wait_for_url("https://tool.example/**")
    answer = parse_qs(urlsplit(nobody.url).query)
    assert answer["code"]
    assert answer["state"] == ["here"]


@pytest.mark.full
def test_a_program_that_is_denied_is_told_so(person: Person, page: Page) -> None:
    page.route("https://tool.example/**", lambda route: route.fulfill(status=200, body="back"))
    page.goto(f"/oauth/authorize?{_authorization(person.server)}")
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url("https://tool.example/**")
    assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]


@pytest.mark.full
def test_after_signing_out_nothing_is_left_in_any_tab_nor_behind_back(person: Person, page: Page) -> None:
    bucket = person.bucket("Secret plans")
    person.put(bucket, "secret.txt")
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_text("secret.txt").first).to_be_visible()
    other = person.context.new_page()
    other.goto(f"/b/{bucket}/")
    expect(other.get_by_text("secret.txt").first).to_be_visible()
    page.goto("/account")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    for tab in (page, other):
        expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
    go_back(page)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("secret.txt")).to_have_count(0)
    assert _me(person.context) == 401


@pytest.mark.full
def test_the_gate_holds_on_the_phone(cairn: SignedInServer, sit_down: SitDown) -> None:
    person = sit_down(cairn, width=390, height=844, dark=True, touch=True)
    person.context.clear_cookies()
    person.page.goto("/sign-in")
    expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert violations(person.page) == []
    check(person.page, "gate-phone", widths=(320, 390))


def _sign_in(page: Page, person: Person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _me(context: BrowserContext) -> int:
    return context.request.get("/api/v1/me").status


def _ask_for_code(person: Person) -> dict[str, str]:
    form = {"client_id": "cairn-cli", "scope": "files", "device_name": "workshop-pc"}
    answer = httpx.post(f"{person.server.url}/oauth/device", data=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def _token(person: Person, asked: dict[str, str]) -> dict[str, str]:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    form = {"client_id": "cairn-cli", "grant_type": grant, "device_code": asked["device_code"]}
    found: dict[str, str] = httpx.post(f"{person.server.url}/oauth/token", data=form).json()
    return found


def _authorization(server: SignedInServer) -> str:
    """What a program of somebody else's asks, which the operator has let ask."""
    uri = "https://tool.example/done"
    scopes = frozenset({"openid", "files:read", "offline_access"})
    wanted = Client("", "Backup <b>Tool", frozenset({uri}), scopes, frozenset({"authorization_code", "refresh_token"}))
    with open_identity(server.settings()) as identity:
        client = identity.add_client(wanted, is_public=True).client
    return urlencode(
        {
            "client_id": client.id,
            "redirect_uri": uri,
            "response_type": "code",
            "scope": "openid files:read offline_access",
            "state": "here",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
    )
