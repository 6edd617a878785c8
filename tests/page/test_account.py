"""The account: devices, tokens, password, looks; each does at once what it says."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.page.looks import check
from tests.page.person import PASSWORD, Person
from tests.servers.cairn_server import SignedInServer, wait_until

SitDown = Callable[..., Person]


def test_another_browser_is_signed_out_from_here_at_once(person: Person, page: Page, sit_down: SitDown) -> None:
    other = sit_down(person.server)
    other.context.clear_cookies()
    form = {"email": person.email, "password": PASSWORD}
    assert other.context.request.post("/api/v1/auth/login", data=form, headers={"User-Agent": "Firefox/140.0"}).ok
    assert other.context.request.get("/api/v1/me").status == 200
    page.goto("/account")
    devices = page.get_by_role("region", name="Devices").get_by_role("listitem")
    expect(devices).to_have_count(2)
    expect(devices.first).to_contain_text("this one")
    expect(devices.first.get_by_role("button", name="Sign out")).to_have_count(0)
    check(page, "account")
    devices.nth(1).get_by_role("button", name="Sign out").click()
    expect(devices).to_have_count(1)
    assert other.context.request.get("/api/v1/me").status == 401
    assert person.context.request.get("/api/v1/me").status == 200


def test_a_device_gets_the_name_that_its_owner_gives_it(person: Person, page: Page) -> None:
    page.goto("/account")
    page.get_by_role("region", name="Devices").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.get_by_role("dialog").get_by_label("Name").fill("Lena\u202e laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Devices").get_by_role("listitem")).to_contain_text("Lena")


def test_a_token_is_shown_once_works_and_then_not(person: Person, page: Page) -> None:
    page.goto("/account")
    tokens = page.get_by_role("region", name="Tokens")
    tokens.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog", name="New token")
    dialog.get_by_label("Name").fill("Nightly report")
    dialog.get_by_label("It may").select_option("files:read")
    dialog.get_by_role("button", name="Make token").click()
    secret = tokens.get_by_role("status", name="New token").inner_text()
    check(page, "account-token")
    with person.server.http(secret) as http:
        assert http.get("/buckets").status_code == 200
        assert http.post("/buckets", json={"title": "No"}).status_code == 403
    page.reload()
    row = tokens.get_by_role("row", name=re.compile("Nightly report"))
    expect(row).to_contain_text("see files")
    expect(page.get_by_text(secret)).to_have_count(0)
    row.get_by_role("button", name="Revoke").click()
    asked = page.get_by_role("dialog", name="Revoke this token?")
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    asked.get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    with person.server.http(secret) as http:
        # A room by itself remembers what identity said of a credential, for 25 seconds.
        wait_until(lambda: http.get("/buckets").status_code == 401, 30)


def test_the_password_is_changed_by_who_knows_it(person: Person, page: Page) -> None:
    page.goto("/account")
    page.get_by_label("Password now").fill("wrong horse battery")
    page.get_by_label("New password").fill("another staple, correct")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_have_text("This is not your password.")
    expect(page.get_by_label("Password now")).to_be_focused()
    page.get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Changed the password.")).to_be_visible()
    form = {"email": person.email, "password": "another staple, correct"}
    assert person.context.request.post("/api/v1/auth/login", data=form).ok


def test_signing_out_everywhere_is_asked_and_leaves_this_browser_if_wanted(person: Person, page: Page) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Sign out everywhere").click()
    dialog = page.get_by_role("dialog", name="Sign out everywhere?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog.get_by_label("Stay signed in here")).to_be_checked()
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("Signed out everywhere else")).to_be_visible()
    assert person.context.request.get("/api/v1/me").status == 200
    assert person.http.get("/me").status_code == 401


def test_colours_and_rows_are_kept_on_the_device(person: Person, page: Page) -> None:
    page.goto("/account")
    for choice in ("Dark", "Dense"):
        page.locator("label", has_text=choice).click()
        expect(page.get_by_role("radio", name=choice)).to_be_checked()
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    expect(page.get_by_role("radio", name="Dense")).to_be_checked()
    assert page.evaluate("[document.documentElement.dataset.theme, localStorage['cairn.density']]") == ["dark", "dense"]


def test_two_people_see_each_their_own_devices_and_tokens(person: Person, page: Page, sit_down: SitDown) -> None:
    other = sit_down(person.server)
    assert other.http.post("/tokens", json={"name": "Secret robot", "scopes": ["files"]}).status_code == 201
    page.goto("/account")
    expect(page.get_by_role("region", name="Tokens").get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("Secret robot")).to_have_count(0)
    expect(page.get_by_text(other.email)).to_have_count(0)


def test_the_account_holds_on_the_phone(cairn: SignedInServer, sit_down: SitDown) -> None:
    page = sit_down(cairn, width=390, height=844, dark=True, touch=True).page
    page.goto("/account")
    expect(page.get_by_role("region", name="Devices").get_by_role("listitem")).to_have_count(1)
    check(page, "account-phone", widths=(320, 390))
