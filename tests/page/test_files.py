"""A folder on the page: its list in every state, from none to very many."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page import looks
from tests.page.dropping import hand_over
from tests.page.person import Person
from tests.page.uploading import await_done
from tests.servers.cairn_server import SignedInServer, wait_until

_UNAVAILABLE = '{"type": "urn:cairn:problem:unavailable", "title": "Not now", "status": 503}'


def rows(page: Page) -> list[str]:
    found: list[str] = page.locator("[data-row] [role=rowheader] a").evaluate_all(
        "all => all.map((one) => one.ariaLabel)"
    )
    return found


def fill(person: Person, bucket: str, paths: list[str]) -> None:
    """Empty files, a thousand a commit."""
    for first in range(0, len(paths), 1000):
        operations: list[dict[str, object]] = [
            {"op": "put", "path": path, "chunks": [], "base_version": None} for path in paths[first : first + 1000]
        ]
        answer = person.http.post(f"/buckets/{bucket}/commits", json={"operations": operations})
        assert answer.status_code == 200, answer.text[:300]


def checked(person: Person, bucket: str) -> None:
    """All of its files, a thousand at most, are verified: no hints of checks are to come."""

    def are() -> bool:
        items = person.http.get(f"/buckets/{bucket}/files", params={"limit": 1000}).json()["items"]
        return all(item["sync_status"] == "completed" for item in items)

    wait_until(are, seconds=120)


def test_a_file_stands_in_the_list_with_its_size_and_when_it_was_verified(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "ridge.jpg", b"x" * 8_400_000)
    page.goto(f"/b/{bucket}/")
    row = page.get_by_role("row", name="ridge.jpg")
    expect(row.get_by_text("8.4 MB")).to_be_visible()
    expect(row.get_by_text("Verified")).to_be_visible(timeout=30_000)
    expect(row.locator("time").first).to_have_text(re.compile(r"\d\d:\d\d"))
    expect(page.get_by_text("1 item · 8.4 MB")).to_be_visible()


def test_folders_come_first_and_the_order_stands_in_the_address(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for path, size in {"10.txt": 1, "9.txt": 30, "b/x.txt": 1, "A.txt": 20}.items():
        person.put(bucket, path, b"x" * size)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name="10.txt")).to_be_visible()
    assert rows(page) == ["b", "9.txt", "10.txt", "A.txt"]
    page.get_by_role("button", name="Size").click()
    expect(page).to_have_url(re.compile(r"\?sort=size&order=desc$"))
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    assert rows(page) == ["b", "9.txt", "A.txt", "10.txt"]
    page.reload()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    assert rows(page) == ["b", "9.txt", "A.txt", "10.txt"]


@pytest.mark.full
def test_of_very_many_only_those_on_the_screen_are_there_and_back_is_where_one_was(person: Person, page: Page) -> None:
    bucket = person.bucket()
    fill(person, bucket, [*(f"file-{number:04}.txt" for number in range(6_000)), "file-3000/in.txt"])
    page.goto(f"/b/{bucket}/")
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "6002")
    assert page.locator("[data-row]").count() < 100
    page.locator("[data-row='0']").focus()
    page.keyboard.press("End")
    last = page.get_by_role("row", name="file-5999.txt")
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-rowindex", "6002")
    page.keyboard.type("file-3001")
    expect(page.get_by_role("row", name="file-3001.txt")).to_be_focused()
    scrolled = page.evaluate("document.querySelector('[role=grid]').parentElement.parentElement.scrollTop")
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("row", name="file-3001.txt")).to_be_visible()
    assert page.evaluate("document.querySelector('[role=grid]').parentElement.parentElement.scrollTop") == scrolled


def test_a_folder_is_opened_by_its_name_and_left_by_the_breadcrumb_and_by_a_key(person: Person, page: Page) -> None:
    bucket = person.bucket("All of 2026")
    person.put(bucket, "50% & more/100?/a.txt")
    page.goto(f"/b/{bucket}/")
    page.get_by_role("link", name="50% & more").click()
    expect(page.get_by_role("heading", name="50% & more")).to_be_focused()
    page.get_by_role("link", name="100?").click()
    expect(page.get_by_role("row", name="a.txt")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="100?")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("heading", name="50% & more")).to_be_visible()
    page.get_by_label("Breadcrumb").get_by_role("link", name="All of 2026").click()
    expect(page.get_by_role("heading", name="All of 2026")).to_be_visible()


def test_an_address_that_is_somebody_elses_says_the_same_as_one_that_leads_nowhere(
    cairn: SignedInServer, person: Person, sit_down: Callable[..., Person]
) -> None:
    bucket = person.bucket("Private things")
    person.put(bucket, "secret/a.txt")
    other = sit_down(cairn)
    other.page.goto(f"/b/{bucket}/secret/")
    expect(other.page.get_by_text("There is no such bucket")).to_be_visible()
    expect(other.page.get_by_text("Private things")).to_have_count(0)
    person.page.goto(f"/b/{bucket}/nothing-of-that-name/")
    expect(person.page.get_by_text("There is no such folder")).to_be_visible()


def test_an_empty_folder_says_what_to_do(person: Person, page: Page) -> None:
    page.goto(f"/b/{person.bucket()}/")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    expect(page.get_by_text("Drop files or whole folders anywhere on this page, or paste them.")).to_be_visible()
    looks.check(page, "files-empty")


@pytest.mark.full
def test_a_folder_that_cannot_be_read_says_so_and_comes_back_by_itself(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "a.txt")

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=_UNAVAILABLE)

    page.route("**/files?*", refuse)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("heading", name="This folder cannot be shown")).to_be_visible()
    expect(page.get_by_text("The catalogue does not answer. Your files are not affected.")).to_be_visible()
    looks.check(page, "files-error")
    page.unroute("**/files?*", refuse)
    expect(page.get_by_role("row", name="a.txt")).to_be_visible(timeout=30_000)


def test_who_has_nothing_yet_makes_a_first_bucket(person: Person, page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome. Put your first files here.")).to_be_visible()
    looks.check(page, "first-run")
    page.get_by_role("button", name="New bucket").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Family photos")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Family photos")).to_be_visible()
    page.get_by_role("button", name="New bucket").click()
    page.get_by_label("Name").fill("family photos")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_have_text("You already have a bucket called Family photos.")
    assert [one["title"] for one in person.http.get("/buckets").json()["items"]] == ["Family photos"]


def test_the_list_looks_right_on_every_width_and_in_both_themes(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for path in (
        "Drawings/a.dwg",
        "Site photos/1.jpg",
        "approach-at-dawn.tif",
        "notes.md",
        f"{'long ' * 40}(signed).xlsx",
    ):
        person.put(bucket, path, path.encode() * 99)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name="notes.md").get_by_text("Verified")).to_be_visible(timeout=30_000)
    looks.check(page, "files")
    page.set_viewport_size({"width": 390, "height": 844})
    looks.check(page, "phone-files", widths=())


def test_a_cold_page_asks_for_a_long_list_once_and_nothing_of_it_is_refused(person: Person, page: Page) -> None:
    bucket = person.bucket()
    fill(person, bucket, [f"file-{number:04}.txt" for number in range(600)])
    checked(person, bucket)
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((answer.url, answer.status)) if "/files?" in answer.url else None)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "601")
    # Its first page, which was asked for before it was known how far the journal is, is looked at once more.
    assert [status for url, status in answers if "cursor=" in url] == [200]
    assert {status for _, status in answers} == {200}


@pytest.mark.full
def test_of_a_long_folder_the_key_for_finding_leads_to_search_in_it_and_of_a_short_one_to_the_browsers_own(
    person: Person, page: Page
) -> None:
    bucket = person.bucket()
    fill(person, bucket, [f"Long/report-{number:04}.txt" for number in range(1_001)])
    fill(person, bucket, ["report-0007.txt", "Short/report-0007.txt", "Other/Long/report-0007.txt"])
    page.goto(f"/b/{bucket}/Short/")
    expect(page.get_by_role("row", name="report-0007.txt")).to_be_visible()
    page.keyboard.press("Control+f")
    page.goto(f"/b/{bucket}/Long/")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "1002")
    page.keyboard.press("Control+f")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    expect(page.get_by_text("Folder: Long")).to_be_visible()
    page.keyboard.type("report-0007")
    expect(page.get_by_role("heading", name="1 found")).to_be_visible()
    expect(page.get_by_role("row", name="report-0007.txt").get_by_text("Studio / Long", exact=True)).to_be_visible()
    assert "folder=Long%2F" in page.url
    page.get_by_role("button", name="Remove filter Folder").click()
    expect(page.get_by_role("heading", name="4 found")).to_be_visible()


@pytest.fixture
def twins(cairn: SignedInServer, person: Person, sit_down: Callable[..., Person]) -> tuple[str, Person, str]:
    """A bucket's name, whoever shares another one of that name with `person`, and the id of that one."""
    own, other = person.bucket("Studio"), sit_down(cairn)
    assert other.bucket("Studio") == own
    person.put(own, "mine.txt")
    other.put(own, "theirs.txt")
    me = person.http.get("/me").json()["user_id"]
    answer = other.http.put(f"/buckets/{own}/members/{me}", json={"role": "editor"})
    assert answer.status_code in {200, 201}, answer.text
    shared = next(item for item in person.http.get("/buckets").json()["items"] if item["role"] == "editor")
    return own, other, shared["id"]


def test_a_shared_bucket_of_the_same_name_as_ones_own_is_opened_and_not_ones_own(
    person: Person, page: Page, twins: tuple[str, Person, str]
) -> None:
    own, _, shared = twins
    page.goto(f"/b/{own}/")
    expect(page.get_by_role("row", name="mine.txt")).to_be_visible()
    page.locator(f"#place-{shared}").click()
    expect(page.get_by_role("row", name="theirs.txt")).to_be_visible()
    expect(page.get_by_role("row", name="mine.txt")).to_have_count(0)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Bucket settings").click()
    expect(page.get_by_text("This bucket is shared with you. Only its owner changes its settings.")).to_be_visible()
    page.goto("/statistics")
    page.get_by_role("table", name="Storage by bucket").get_by_role("link", name="Studio").click()
    expect(page.get_by_role("button", name="Delete bucket")).to_be_visible()
    expect(page.get_by_text("This bucket is shared with you.")).to_have_count(0)


@pytest.mark.full
def test_of_two_buckets_of_one_name_each_is_searched_by_itself(
    person: Person, page: Page, twins: tuple[str, Person, str]
) -> None:
    page.goto("/search?q=txt")
    expect(page.get_by_role("heading", name="2 found")).to_be_visible()
    for place, file in (("mine", "mine.txt"), ("shared", "theirs.txt")):
        page.get_by_role("button", name="Add filter").click()
        page.get_by_role("menuitem", name="Bucket").click()
        page.get_by_role("dialog").get_by_label("Bucket").select_option(twins[0] if place == "mine" else twins[2])
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="1 found")).to_be_visible()
        expect(page.get_by_role("row", name=file)).to_be_visible()
        page.get_by_role("button", name="Remove filter Bucket").click()
        expect(page.get_by_role("heading", name="2 found")).to_be_visible()


@pytest.mark.full
def test_files_dropped_onto_one_of_two_buckets_of_the_same_name_go_there(
    person: Person, page: Page, twins: tuple[str, Person, str]
) -> None:
    own, other, shared = twins
    page.goto(f"/b/{own}/")
    expect(page.get_by_role("row", name="mine.txt")).to_be_visible()
    hand_over(page, [("a.txt", b"to the other one")], f"#place-{shared}")
    await_done(page)
    assert (sorted(other.paths(own)), person.paths(own)) == (["a.txt", "theirs.txt"], ["mine.txt"])
    mine = next(item["id"] for item in person.http.get("/buckets").json()["items"] if item["role"] == "owner")
    hand_over(page, [("b.txt", b"to one's own")], f"#place-{mine}")
    expect(page.get_by_role("row", name="b.txt")).to_be_visible()
    assert (sorted(other.paths(own)), sorted(person.paths(own))) == (["a.txt", "theirs.txt"], ["b.txt", "mine.txt"])
