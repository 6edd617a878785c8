"""Tags of rows and of selections: put and taken away at once, for all of them, and taken back."""

import time
from collections.abc import Mapping

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.page.test_actions import choose, row

pytestmark = pytest.mark.full


def tags(person: Person, bucket: str) -> dict[str, dict[str, str]]:
    return {item["path"]: item["tags"] for item in person.http.get(f"/buckets/{bucket}/files").json()["items"]}


def becomes(person: Person, bucket: str, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """The server has these tags soon: the screen is before it."""
    ends = time.monotonic() + 15
    while tags(person, bucket) != wanted and time.monotonic() < ends:
        person.page.wait_for_timeout(50)
    assert tags(person, bucket) == wanted


def shown(page: Page, name: str, tag: str) -> Locator:
    return row(page, name).get_by_text(tag, exact=True)


def test_selected_files_are_tagged_together_and_the_toast_takes_it_back(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for name in ("a.txt", "b.txt", "c.txt"):
        person.put(bucket, name)
    file = person.put(bucket, "b.txt")
    assert person.http.patch(f"/files/{file}", json={"tags": {"dawn": "", "stage": "draft"}}).is_success
    page.goto(f"/b/{bucket}/")
    expect(shown(page, "b.txt", "dawn")).to_be_visible()
    choose(page, "a.txt", "b.txt")
    page.get_by_role("toolbar", name="Selected files").get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog", name="Tag 2 files")
    expect(dialog.get_by_label("Tag", exact=True)).to_be_focused()
    expect(dialog.get_by_role("listitem").filter(has_text="stage=draft on 1 of 2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Write a word, or word=value.")
    looks.check(page, "tag", widths=(320, 390))
    page.keyboard.type("stage = final")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Tagged 2 files: stage=final")).to_be_visible()
    for name in ("a.txt", "b.txt"):
        expect(shown(page, name, "stage: final")).to_be_visible()
    expect(page.get_by_role("toolbar").get_by_role("strong")).to_have_text("2 selected")
    becomes(person, bucket, {"a.txt": {"stage": "final"}, "b.txt": {"dawn": "", "stage": "final"}, "c.txt": {}})
    page.get_by_role("button", name="Undo").click()
    becomes(person, bucket, {"a.txt": {}, "b.txt": {"dawn": "", "stage": "draft"}, "c.txt": {}})
    expect(shown(page, "b.txt", "stage: draft")).to_be_visible()
    expect(shown(page, "a.txt", "stage: final")).to_have_count(0)


def test_a_tag_is_taken_away_from_the_menu_of_a_row_and_comes_back_by_a_key(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "a.txt")
    person.put(bucket, "Drawings/b.txt")
    assert person.http.patch(f"/files/{file}", json={"tags": {"dawn": ""}}).is_success
    page.goto(f"/b/{bucket}/")
    row(page, "a.txt").click(button="right")
    page.get_by_role("menuitem", name="Tag").click()
    page.get_by_role("dialog", name="Tag a.txt").get_by_role("button", name="Take away tag").click()
    expect(page.get_by_text("Took the tag away from 1 file: dawn")).to_be_visible()
    expect(shown(page, "a.txt", "dawn")).to_have_count(0)
    becomes(person, bucket, {"a.txt": {}, "Drawings/b.txt": {}})
    row(page, "a.txt").focus()
    page.keyboard.press("Control+z")
    expect(shown(page, "a.txt", "dawn")).to_be_visible()
    becomes(person, bucket, {"a.txt": {"dawn": ""}, "Drawings/b.txt": {}})
    choose(page, "a.txt", "Drawings")
    expect(page.get_by_role("toolbar", name="Selected files").get_by_role("button", name="Move")).to_be_visible()
    expect(page.get_by_role("button", name="Tag", exact=True)).to_have_count(0)


def test_a_tag_that_the_server_refuses_is_not_there_and_the_row_says_why(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "a.txt")
    page.goto(f"/b/{bucket}/")
    row(page, "a.txt").click(button="right")
    page.get_by_role("menuitem", name="Tag").click()
    page.get_by_role("dialog").get_by_label("Tag", exact=True).fill("dawn")
    assert person.http.patch(f"/files/{file}", json={"description": "meanwhile"}).is_success
    page.get_by_role("dialog").get_by_role("button", name="Add tag").click()
    expect(row(page, "a.txt").get_by_role("alert")).to_have_text(
        "Could not tag a.txt: someone else has just changed it"
    )
    expect(shown(page, "a.txt", "dawn")).to_have_count(0)
    assert tags(person, bucket) == {"a.txt": {}}
