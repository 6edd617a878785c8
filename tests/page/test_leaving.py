"""Who has signed out is gone: Back and the addresses in the history show nothing of them, to whoever signs in next neither."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.full_run import few
from tests.page.conftest import chromium
from tests.page.person import PASSWORD, Person
from tests.servers.cairn_server import SignedInServer


@pytest.fixture(scope="module", params=few([["--disable-back-forward-cache"], None]), ids=["keeps pages", "loads anew"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One that loads a page anew at Back, and one that keeps it in memory as people's browsers do."""
    with chromium(without=cast("list[str] | None", request.param)) as opened:
        yield opened


def test_back_shows_nothing_of_who_has_signed_out(person: Person, page: Page) -> None:
    bucket = person.bucket("Secret plans")
    _read(person, bucket)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    for _ in range(3):
        _back(page)
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        _shows_nothing(page)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    _shows_nothing(page)


def test_back_shows_nothing_to_who_signs_in_after_a_session_that_ended_by_itself(
    cairn: SignedInServer, person: Person, page: Page, sit_down: Callable[..., Person]
) -> None:
    bucket = person.bucket("Secret plans")
    next_person = sit_down(cairn)
    _read(person, bucket)
    person.context.clear_cookies()
    page.goto("/sign-in")
    _back(page)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    _shows_nothing(page)
    _sign_in(page, next_person)
    for _ in range(3):
        _back(page)
        expect(page.get_by_role("link", name=next_person.email)).to_be_visible()
        _shows_nothing(page)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("link", name=next_person.email)).to_be_visible()
    _shows_nothing(page)


def _read(person: Person, bucket: str) -> None:
    """A list twice in one document, which is then left for the account's."""
    person.put(bucket, "secret.txt")
    page = person.page
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row").filter(has_text="secret.txt")).to_be_visible()
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Sync status").click()
    expect(page.get_by_role("heading", name="Sync status")).to_be_visible()
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Secret plans").click()
    expect(page.get_by_role("row").filter(has_text="secret.txt")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    seen = "sessionStorage.setItem('seen', document.body.checkVisibility() ? 'all' : 'nothing')"
    page.evaluate(f"addEventListener('pageshow', () => {seen})")


def _sign_in(page: Page, person: Person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=person.email)).to_be_visible()


def _back(page: Page) -> None:
    """By the page itself: the driver waits for a load, which a page out of memory does not have."""
    before = page.evaluate("navigation.currentEntry.index")
    page.evaluate("setTimeout(() => history.back())")
    page.wait_for_function("before => navigation.currentEntry.index < before", arg=before)


def _shows_nothing(page: Page) -> None:
    expect(page.get_by_text("secret.txt")).to_have_count(0)
    expect(page.get_by_text("Secret plans")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('seen')") in {None, "nothing"}, "a kept page was seen for a moment"
