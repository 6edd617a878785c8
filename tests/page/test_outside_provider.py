"""Signing in at somebody else's provider, in the browser: there and back, out, in again, and what is said where it fails."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from tests.page.dropping import hand_over
from tests.page.elsewhere import beside, sign_in, sign_in_there, sign_out
from tests.page.looks import check
from tests.page.person import Person, go_back
from tests.servers.cairn_server import SignedInServer

pytestmark = pytest.mark.full

SitDown = Callable[..., Person]
LONG = 30_000  # milliseconds; a check takes its turn, and what did not answer is asked again after some seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    with beside(tmp_path_factory.mktemp("beside")) as (server, provider):
        provider.start()
        yield server


@pytest.fixture
def page(server: SignedInServer, sit_down: SitDown) -> Page:
    """Of a browser in which nobody is signed in."""
    return _nobody(server, sit_down)


def test_who_signs_in_elsewhere_comes_where_they_wanted_and_works_until_they_sign_out(page: Page) -> None:
    page.goto("/trash?q=plan")
    expect(page.get_by_role("link", name="Sign in with Elsewhere")).to_be_visible()
    check(page, "gate-elsewhere")
    sign_in(page, "ada")
    expect(page).to_have_url(re.compile(r"/trash\?q=plan$"))
    page.goto("/")
    page.get_by_role("button", name="New bucket").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("Studio")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_visible()
    hand_over(page, [("secret.txt", b"from elsewhere")])
    row = page.get_by_role("row").filter(has_text="secret.txt")
    expect(row).to_contain_text("Verified", timeout=LONG)
    page.get_by_role("link", name="ada@elsewhere.example").click()
    expect(page.get_by_text("signs in at 127.0.0.1")).to_be_visible()
    expect(page.get_by_label("Password now")).to_have_count(0)
    sign_out(page)
    expect(page.get_by_role("link", name="Sign in with Elsewhere")).to_be_visible()
    for _ in range(3):
        go_back(page)
        expect(page.get_by_text("secret.txt")).to_have_count(0)
    page.goto("/")
    page.get_by_role("link", name="Sign in with Elsewhere").click()
    expect(page.locator("input[name=login]")).to_be_visible()  # Nobody is signed in at the provider any more.


def test_whose_session_ends_signs_in_again_in_a_window_of_its_own_and_the_page_goes_on(page: Page) -> None:
    page.goto("/account")
    sign_in(page, "grace")
    expect(page.get_by_text("grace@elsewhere.example").first).to_be_visible()
    page.evaluate("document.documentElement.dataset.same = 'document'")
    page.get_by_role("button", name="Rename").click()
    page.context.clear_cookies(name=re.compile("cairn"))
    page.get_by_role("dialog").get_by_label("Name").fill("Grace's laptop")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    with page.expect_popup() as opened:
        dialog.get_by_role("button", name="Sign in with Elsewhere").click()
    opened.value.wait_for_event("close")  # She is still signed in at the provider, which asks nothing.
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.same") == "document"
    expect(page.get_by_role("region", name="Devices")).to_contain_text("Grace's laptop")
    assert page.context.request.get("/api/v1/me").json()["email"] == "grace@elsewhere.example"


def test_who_is_not_let_in_there_reads_so_here_and_may_try_again(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("link", name="Sign in with Elsewhere").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile("problem=outside-refused"))
    expect(page.get_by_role("alert")).to_have_text(
        "You were not let in with Elsewhere. Try another account, or ask who runs this server."
    )
    check(page, "gate-elsewhere-refused", widths=(390, 1440))
    sign_in(page, "edsger")
    expect(page).to_have_url(re.compile("/account$"))


def test_an_answer_that_nobody_waits_for_lets_nobody_in_and_says_what_to_do(page: Page) -> None:
    page.goto("/api/v1/auth/callback?code=invented&state=invented")
    expect(page).to_have_url(re.compile("problem=outside-failed"))
    expect(page.get_by_role("alert")).to_have_text(
        "Signing in with Elsewhere did not work. Nothing has changed. Start again here."
    )
    assert page.context.request.get("/api/v1/me").status == 401


def test_a_provider_that_is_away_is_told_and_let_in_by_once_it_answers(tmp_path: Path, sit_down: SitDown) -> None:
    with beside(tmp_path) as (server, provider):
        page = _nobody(server, sit_down)
        page.goto("/account")
        page.get_by_role("link", name="Sign in with Elsewhere").click()
        expect(page).to_have_url(re.compile("problem=outside-unavailable"))
        expect(page.get_by_role("alert")).to_have_text(
            "Elsewhere does not answer. Your files are not affected. Try again in a moment."
        )
        provider.start()
        _await_provider(page)
        sign_in_there(page, "ada")
        expect(page).to_have_url(re.compile("/account$"))
        page.close()


def _nobody(server: SignedInServer, sit_down: SitDown) -> Page:
    person = sit_down(server)
    person.context.clear_cookies()
    return person.page


def _await_provider(page: Page) -> None:
    """It is asked again after two seconds at the earliest, however often people try."""
    end = monotonic() + LONG / 1000
    while not page.locator("input[name=login]").is_visible():
        assert monotonic() < end
        page.get_by_role("link", name="Sign in with Elsewhere").click()
        page.wait_for_load_state()
