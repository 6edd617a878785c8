"""What others do arrives by itself; what is not known is not shown as if it were; a session that ends loses nothing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from tests.page.looks import check
from tests.page.person import PASSWORD, Person
from tests.page.test_files import checked, fill
from tests.servers.cairn_server import SignedInServer

SitDown = Callable[..., Person]


def test_two_tabs_read_one_stream_and_both_show_at_once_what_somebody_else_did(person: Person, page: Page) -> None:
    bucket = person.bucket()
    streams = _streams(person.context)
    other = person.context.new_page()
    for tab in (page, other):
        tab.goto(f"/b/{bucket}/")
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
    person.put(bucket, "from elsewhere.txt")
    for tab in (page, other):
        expect(_file(tab, "from elsewhere.txt")).to_be_visible()
    assert len(streams) == 1
    page.close()
    person.put(bucket, "a second one.txt")
    expect(_file(other, "a second one.txt")).to_be_visible()
    assert len(streams) == 2


@pytest.mark.full
def test_what_happens_while_the_server_starts_again_is_there_afterwards(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    bucket = person.bucket()
    person.put(bucket, "before.txt")
    person.page.goto(f"/b/{bucket}/")
    expect(_file(person.page, "before.txt")).to_be_visible()
    streams = _streams(person.context)
    server.kill()
    server.start()
    for number in range(3):
        person.put(bucket, f"meanwhile {number}.txt")
    for number in range(3):
        expect(_file(person.page, f"meanwhile {number}.txt")).to_be_visible()
    assert streams


def test_a_server_that_stays_away_is_told_with_the_time_and_the_list_stays(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    bucket = person.bucket()
    person.put(bucket, "kept.txt")
    person.page.goto(f"/b/{bucket}/")
    expect(_file(person.page, "kept.txt")).to_be_visible()
    server.kill()
    banner = person.page.get_by_text("The server does not answer. This is how it looked at")
    expect(banner).to_be_visible()
    expect(_file(person.page, "kept.txt")).to_be_visible()
    server.start()
    expect(banner).not_to_be_visible(timeout=20_000)


def test_offline_is_told_with_the_time_of_what_is_shown_and_ends_by_itself(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "kept.txt")
    page.goto(f"/b/{bucket}/")
    expect(_file(page, "kept.txt")).to_be_visible()
    person.context.set_offline(True)
    words = r"^You are offline\. This is how it looked at \d\d:\d\d\. Uploads wait and go on by themselves\.$"
    expect(page.get_by_text(re.compile(words))).to_be_visible()
    expect(_file(page, "kept.txt")).to_be_visible()
    check(page, "live-offline")
    person.put(bucket, "while away.txt")
    person.context.set_offline(False)
    expect(_file(page, "while away.txt")).to_be_visible()
    expect(page.get_by_text("You are offline.")).not_to_be_visible()


def test_who_is_signed_out_elsewhere_signs_in_again_in_place_and_goes_on(person: Person, page: Page) -> None:
    bucket = person.bucket()
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    address = page.url
    page.evaluate("document.documentElement.dataset.same = 'document'")
    person.context.clear_cookies()
    person.put(bucket, "news.txt")
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog.get_by_label("Password")).to_be_focused()
    check(page, "live-session-ended")
    dialog.get_by_label("Password").fill("wrong horse battery")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_have_text("The password is wrong.")
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()
    expect(_file(page, "news.txt")).to_be_visible()
    assert page.url == address
    assert page.evaluate("document.documentElement.dataset.same") == "document"


@pytest.mark.full
def test_who_puts_signing_in_off_can_still_read_and_sign_in_later(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "kept.txt")
    page.goto(f"/b/{bucket}/")
    expect(_file(page, "kept.txt")).to_be_visible()
    person.context.clear_cookies()
    person.put(bucket, "news.txt")
    page.get_by_role("dialog", name="Sign in again").get_by_role("button", name="Close").click()
    expect(_file(page, "kept.txt")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(_file(page, "news.txt")).to_be_visible()


@pytest.mark.parametrize("there", [1, 150], ids=["a short list", "a long list"])
def test_what_changes_between_the_first_questions_of_the_page_is_not_missed(
    person: Person, page: Page, there: int
) -> None:
    bucket = person.bucket()
    fill(person, bucket, [f"file-{number:03}.txt" for number in range(there)])
    waiting: list[Route] = []
    answered: list[str] = []

    def list_first(route: Route) -> None:
        answer = route.fetch()
        if not answered:
            person.put(bucket, "a late one.txt")
        answered.append(route.request.url)
        route.fulfill(response=answer)
        while waiting:
            waiting.pop().continue_()

    def buckets_after(route: Route) -> None:
        if answered:
            route.continue_()
        else:
            waiting.append(route)

    page.route(re.compile(r"/files\?"), list_first)
    page.route(re.compile(r"/buckets\?"), buckets_after)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name="a late one.txt")).to_be_visible()


def until_hints_are_over(person: Person, page: Page, bucket: str, asked: list[str]) -> int:
    """How many files were put, until one was told of by itself: while hints of many come, the list is read whole."""
    for number in range(1, 20):
        asked.clear()
        person.put(bucket, f"early-{number}.txt")
        expect(page.get_by_role("row", name=f"early-{number}.txt").get_by_text("Verified")).to_be_visible()
        if not asked:
            return number
    pytest.fail("the list is read whole again and again")


def test_of_a_long_list_only_what_others_change_is_read_again(person: Person, page: Page) -> None:
    bucket = person.bucket()
    fill(person, bucket, [f"file-{number:03}.txt" for number in range(700)])
    checked(person, bucket)
    page.goto(f"/b/{bucket}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/files?" in request.url else None)
    early = until_hints_are_over(person, page, bucket, asked)
    person.put(bucket, "a new one.txt")
    expect(page.get_by_role("row", name="a new one.txt").get_by_text("Verified")).to_be_visible()
    person.put(bucket, "Folder/in it.txt")
    expect(page.get_by_role("row", name="Folder")).to_be_visible()
    operations = [
        {"op": "move", "path": "a new one.txt", "to": "a renamed one.txt"},
        {"op": "delete", "path": "file-000.txt"},
        {"op": "move", "path": "Folder/in it.txt", "to": "a third one.txt"},
    ]
    answer = person.http.post(f"/buckets/{bucket}/commits", json={"operations": operations})
    assert answer.is_success, answer.text
    for name in ("a renamed one.txt", "a third one.txt"):
        expect(page.get_by_role("row", name=name)).to_be_visible()
    for name in ("a new one.txt", "file-000.txt", "Folder"):
        expect(page.get_by_role("row", name=name)).to_have_count(0)
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(702 + early))
    # Whether there is a folder takes one entry; no page of the list is read.
    assert [url for url in asked if not url.endswith("limit=1")] == []


def test_a_long_list_misses_nothing_of_what_happens_while_it_is_offline(person: Person, page: Page) -> None:
    bucket = person.bucket()
    fill(person, bucket, [f"file-{number:03}.txt" for number in range(700)])
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "701")
    person.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    fill(person, bucket, [f"a{number:02}.txt" for number in range(30)])
    assert person.http.delete(f"/buckets/{bucket}/content/file-000.txt").status_code == 204
    person.context.set_offline(False)
    expect(page.get_by_role("row", name="a00.txt")).to_be_visible()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "730")


def _streams(context: BrowserContext) -> list[str]:
    """The streams that this browser asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/v1/events"):
            asked.append(request.url)

    context.on("request", note)
    return asked


def _file(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_text(name, exact=True).first
