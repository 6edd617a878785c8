"""The history of a file: who changed it, and how an old version comes back or goes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page import looks
from tests.page.person import Person


def history(page: Page, bucket: str, file: str) -> Locator:
    page.goto(f"/b/{bucket}/?versions={file}")
    versions = page.get_by_role("dialog", name="Versions")
    expect(versions.get_by_role("listitem").first).to_be_visible()
    return versions


def test_each_version_says_when_by_whom_and_how_large(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"one")
    file = person.put(bucket, "notes.txt", b"two, longer")
    items = history(page, bucket, file).get_by_role("listitem")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("Now")
    expect(items.first).to_contain_text("tests · you")
    expect(items.first).to_contain_text("11 bytes8 bytes larger")
    expect(items.first.get_by_role("button", name="Restore")).to_have_count(0)
    expect(items.last).to_contain_text("3 bytes")
    looks.check(page, "versions")


def test_a_version_is_restored_by_the_keyboard_and_that_is_undone(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"one")
    file = person.put(bucket, "notes.txt", b"two")
    versions = history(page, bucket, file)
    restore = versions.get_by_role("button", name="Restore")
    restore.focus()
    page.keyboard.press("Enter")
    expect(versions).to_be_hidden()
    restored = page.get_by_role("status").filter(has_text="Restored")
    expect(restored).to_contain_text(re.compile(r"Restored the version of \d\d:\d\d of notes\.txt"))
    assert person.content(bucket, "notes.txt") == b"one"
    with page.expect_response(re.compile("/restore$")):
        page.get_by_role("button", name="Undo").click()
    assert person.content(bucket, "notes.txt") == b"two"
    expect(history(page, bucket, file).get_by_role("listitem")).to_have_count(4)


def test_an_old_version_is_downloaded_as_it_was(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"one")
    file = person.put(bucket, "notes.txt", b"two")
    versions = history(page, bucket, file)
    with page.expect_download() as download:
        versions.get_by_role("listitem").last.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "notes.txt"
    assert download.value.path().read_bytes() == b"one"


@pytest.mark.full
def test_deleting_a_version_is_asked_and_keeping_it_changes_nothing(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"one")
    person.put(bucket, "notes.txt", b"two")
    file = person.put(bucket, "notes.txt", b"three")
    versions = history(page, bucket, file)
    delete = versions.get_by_role("button", name="Delete version")
    delete.last.click()
    expect(versions.get_by_text("This cannot be undone.")).to_be_visible()
    expect(versions.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(versions.get_by_role("listitem")).to_have_count(3)
    delete.last.click()
    delete.click()
    expect(versions.get_by_role("listitem")).to_have_count(2)
    listed = person.http.get(f"/files/{file}/versions").json()["items"]
    assert [version["size"] for version in listed] == [5, 3]


@pytest.mark.full
def test_a_deletion_stands_among_the_versions(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "notes.txt", b"one")
    assert person.http.delete(f"/files/{file}").status_code == 204
    assert person.http.post(f"/files/{file}/undelete", json={}).status_code == 200
    items = history(page, bucket, file).get_by_role("listitem")
    expect(items).to_have_count(3)
    expect(items.nth(1)).to_contain_text("Deleted")
    expect(items.nth(1).get_by_role("button", name="Restore")).to_have_count(0)


@pytest.mark.full
def test_escape_closes_and_focus_goes_back(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "notes.txt", b"one")
    page.goto(f"/b/{bucket}/?details={file}")
    opener = page.get_by_role("complementary", name="Details").get_by_role("button", name="All 1")
    opener.press("Enter")
    expect(page.get_by_role("dialog", name="Versions")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
