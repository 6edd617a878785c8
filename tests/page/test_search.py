"""Search: what is looked for stands in the address."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer


def test_a_search_finds_in_all_buckets_and_only_ones_own(
    cairn: SignedInServer, person: Person, page: Page, sit_down: Callable[..., Person]
) -> None:
    other = sit_down(cairn)
    other.put(other.bucket("Theirs"), "jury-secret.txt")
    person.put(person.bucket("Studio"), "2026/for the jury.pdf")
    person.put(person.bucket("Invoices"), "jury-dinner.pdf")
    page.goto("/search")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("jury")
    expect(page.get_by_role("heading", name="2 found for “jury”")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=jury$"))
    expect(page.get_by_role("row", name="for the jury.pdf").get_by_text("Studio / 2026")).to_be_visible()
    expect(page.get_by_text("secret")).to_have_count(0)
    looks.check(page, "search")


def test_filters_stand_in_the_address_and_are_taken_away_one_by_one(person: Person, page: Page) -> None:
    bucket = person.bucket("Studio")
    file = person.put(bucket, "model-a.blend")
    person.put(bucket, "model-b.blend")
    person.put(person.bucket("Invoices"), "model-c.pdf")
    assert person.http.patch(f"/files/{file}", json={"tags": {"signed": ""}}).status_code == 200
    page.goto(f"/search?q=model&bucket={bucket}&tag=signed")
    expect(page.get_by_role("heading", name="1 found for “model”")).to_be_visible()
    page.get_by_role("button", name="Remove filter Tag").click()
    expect(page.get_by_role("heading", name="2 found for “model”")).to_be_visible()
    page.get_by_role("button", name="Remove filter Bucket").click()
    expect(page.get_by_role("heading", name="3 found for “model”")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/search\?q=model$"))
    page.get_by_role("button", name="Add filter").click()
    page.get_by_role("menuitem", name="Name").click()
    page.get_by_label("Name").fill("b.blend")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 found for “model”")).to_be_visible()


def test_nothing_found_says_so_and_clears_the_filters(person: Person, page: Page) -> None:
    person.bucket()
    page.goto("/search?q=jury&name=nothing")
    expect(page.get_by_role("heading", name="Nothing found for “jury”.")).to_be_visible()
    looks.check(page, "search-nothing")
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile("/search$"))


def test_what_is_found_can_be_deleted_there(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "folder/jury.txt")
    page.goto("/search?q=jury")
    page.get_by_role("row", name="jury.txt").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("Deleted 1 file")).to_be_visible()
    expect(page.get_by_role("row", name="jury.txt")).to_have_count(0)
    assert person.paths(bucket) == []
