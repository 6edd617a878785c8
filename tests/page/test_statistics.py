"""What one keeps, what it takes, and how it grows."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person

pytestmark = pytest.mark.full

GB = 10**9


def test_what_is_saved_by_sharing_parts_is_shown_as_a_share(person: Person, page: Page) -> None:
    studio, photos = person.bucket("Studio"), person.bucket("Photos")
    person.put(studio, "a.bin", b"a" * 3_000_000)
    person.put(studio, "b.bin", b"a" * 3_000_000)
    person.put(photos, "c.bin", b"c" * 1_000_000)
    page.goto("/statistics")
    figures = person.http.get("/stats").json()
    assert figures["saved_bytes"] > 0
    expect(page.get_by_text("You keep 7.0 MB.")).to_be_visible()
    expect(page.get_by_text("because equal parts of files and versions are kept once")).to_be_visible()
    table = page.get_by_role("table", name="Storage by bucket")
    expect(table.get_by_role("row").nth(2)).to_contain_text("Studio226.0 MB6.0 MB")
    expect(page.get_by_role("region", name="The largest").get_by_role("listitem").first).to_contain_text("Studio")
    expect(page.get_by_text("From tomorrow on this shows how what you keep grows")).to_be_visible()
    looks.check(page, "statistics")


def test_growth_is_read_by_the_keyboard_and_as_a_table_and_has_gaps(person: Person, page: Page) -> None:
    person.put(person.bucket(), "a.bin", b"a")
    days = [
        {"day": day, "files": 1, "versions": 2, "logical_bytes": size * GB, "version_bytes": 2 * size * GB}
        for day, size in (("2026-10-01", 100), ("2026-10-02", 110), ("2026-10-05", 120))
    ]
    # A server that has been running since yesterday has not more than two days: these are of one that has.
    page.route(
        "**/stats/growth*",
        lambda route: route.fulfill(body=json.dumps({"items": days}), content_type="application/json"),
    )
    page.goto("/statistics")
    chart = page.get_by_role(
        "img",
        name="Growth over 5 days: files as they are now from 100 GB to 120 GB, all versions from 200 GB to 240 GB",
    )
    expect(chart).to_be_visible()
    chart.focus()
    page.keyboard.press("End")
    reading = page.locator("output", has_text="120 GB")
    expect(reading).to_contain_text("Files as they are now 120 GB, All versions 240 GB")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("output", has_text="not known")).to_be_attached()
    looks.check(page, "statistics-growth")
    page.get_by_text("Show as table").click()
    rows = page.get_by_role("table", name="Growth over 5 days").get_by_role("row")
    expect(rows).to_have_count(6)
    expect(rows.nth(1)).to_contain_text("100 GB200 GB")
    expect(rows.nth(3)).to_contain_text("not knownnot known")


def test_figures_that_were_counted_long_ago_say_so(person: Person, page: Page) -> None:
    person.put(person.bucket(), "a.bin", b"a")
    old = {**person.http.get("/stats").json(), "as_of": "2026-01-02T03:04:05Z"}
    page.route("**/api/v1/stats", lambda route: route.fulfill(body=json.dumps(old), content_type="application/json"))
    page.goto("/statistics")
    expect(page.get_by_text("what came since is not in it")).to_be_visible()


def test_with_no_files_there_is_nothing_to_count(page: Page) -> None:
    page.goto("/statistics")
    expect(page.get_by_role("heading", name="Nothing to count yet")).to_be_visible()
    looks.check(page, "statistics-empty", widths=())
