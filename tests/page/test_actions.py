"""What one does to files on the page: at once, undone by the toast or by Ctrl Z, and back with a reason where the server refuses."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=name, exact=True)


def settles(person: Person, bucket: str, *paths: str) -> None:
    """The server has these files soon: the screen is before it."""
    ends = time.monotonic() + 15
    while sorted(person.paths(bucket)) != sorted(paths) and time.monotonic() < ends:
        person.page.wait_for_timeout(50)
    assert sorted(person.paths(bucket)) == sorted(paths)


def choose(page: Page, *names: str) -> None:
    """Select these rows, beside their names."""
    for number, name in enumerate(names):
        cell = row(page, name).locator("[role=gridcell]").nth(2)
        cell.click(modifiers=["Control"] if number else [])


def test_a_new_folder_is_named_in_a_dialog_and_stands_in_the_list(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "a.txt")
    page.goto(f"/b/{bucket}/")
    expect(row(page, "a.txt")).to_be_visible()
    page.keyboard.press("Alt+n")
    page.get_by_label("Name").fill("a.txt")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_have_text("a.txt is already here.")
    looks.check(page, "new-folder", widths=(320, 390))
    page.get_by_label("Name").fill("Drawings")
    page.keyboard.press("Enter")
    expect(row(page, "Drawings")).to_be_visible()
    expect(page.get_by_text("New folder Drawings")).to_be_visible()
    settles(person, bucket, "Drawings/", "a.txt")


def test_a_rename_is_done_in_place_and_taken_back_by_a_key(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "report.final.txt")
    page.goto(f"/b/{bucket}/")
    row(page, "report.final.txt").focus()
    page.keyboard.press("F2")
    field = page.get_by_label("New name")
    expect(field).to_be_focused()
    page.keyboard.type("summary")  # in place of the stem, which is selected
    page.keyboard.press("Enter")
    expect(row(page, "summary.txt")).to_be_visible()
    expect(page.get_by_text("Renamed to summary.txt")).to_be_visible()
    assert person.paths(bucket) == ["summary.txt"]
    page.keyboard.press("Control+z")
    expect(row(page, "report.final.txt")).to_be_visible()
    settles(person, bucket, "report.final.txt")
    page.keyboard.press("F2")
    page.get_by_label("New name").fill("a/b")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("A name cannot hold a slash.")
    page.keyboard.press("Escape")
    expect(row(page, "report.final.txt")).to_be_focused()


def test_a_rename_that_the_server_refuses_leaves_the_name_and_says_why(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "plan.txt", b"first")
    page.route("**/api/v1/events", lambda route: route.abort())  # the page must not learn of it in time
    page.goto(f"/b/{bucket}/")
    expect(row(page, "plan.txt")).to_be_visible()
    person.put(bucket, "plan.txt", b"changed by somebody else")
    row(page, "plan.txt").focus()
    page.keyboard.press("F2")
    page.get_by_label("New name").fill("mine.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Could not rename plan.txt: someone else has just changed it")
    expect(row(page, "plan.txt")).to_be_visible()
    expect(row(page, "mine.txt")).to_have_count(0)
    assert person.paths(bucket) == ["plan.txt"]


def test_files_and_folders_are_deleted_together_and_come_back_together(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for path in ("folder/in.txt", "a.txt", "b.txt", "c.txt"):
        person.put(bucket, path)
    page.goto(f"/b/{bucket}/")
    choose(page, "folder", "a.txt", "b.txt")
    page.keyboard.press("Delete")
    expect(page.get_by_text("Deleted 3 items")).to_be_visible()
    expect(row(page, "c.txt")).to_be_focused()
    assert person.paths(bucket) == ["c.txt"]
    looks.check(page, "undo", widths=(320, 390))
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "folder")).to_be_visible()
    expect(row(page, "b.txt")).to_be_visible()
    settles(person, bucket, "a.txt", "b.txt", "c.txt", "folder/in.txt")


def test_files_are_moved_by_a_dialog_and_into_another_bucket(person: Person, page: Page) -> None:
    bucket, other = person.bucket(), person.bucket("Archive")
    for path in ("Drawings/a.dwg", "b.txt", "c.txt"):
        person.put(bucket, path)
    page.goto(f"/b/{bucket}/")
    choose(page, "b.txt")
    page.get_by_role("toolbar").get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Move here")).to_be_disabled()  # it is here
    looks.check(page, "move", widths=(320, 390))
    dialog.get_by_role("button", name="Drawings").click()
    dialog.get_by_role("button", name="Move here").click()
    expect(page.get_by_text("Moved 1 file to Drawings")).to_be_visible()
    assert sorted(person.paths(bucket)) == ["Drawings/a.dwg", "Drawings/b.txt", "c.txt"]
    choose(page, "Drawings", "c.txt")
    page.get_by_role("toolbar").get_by_role("button", name="Move").click()
    dialog.get_by_label("Bucket").select_option(label="Archive")
    dialog.get_by_role("button", name="Move here").click()
    expect(page.get_by_text("Moved 2 items to Archive")).to_be_visible()
    assert (person.paths(bucket), sorted(person.paths(other))) == ([], ["Drawings/a.dwg", "Drawings/b.txt", "c.txt"])
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "c.txt")).to_be_visible()
    settles(person, bucket, "Drawings/a.dwg", "Drawings/b.txt", "c.txt")
    settles(person, other)


def test_rows_are_dragged_into_folders_and_cut_and_put_by_keys(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for path in ("Drawings/a.dwg", "b.txt", "c.txt"):
        person.put(bucket, path)
    page.goto(f"/b/{bucket}/")
    row(page, "b.txt").drag_to(row(page, "Drawings"))
    expect(page.get_by_text("Moved 1 file to Drawings")).to_be_visible()
    expect(row(page, "b.txt")).to_have_count(0)
    row(page, "c.txt").focus()
    page.keyboard.press("Control+x")
    page.get_by_role("link", name="Drawings", exact=True).click()
    expect(row(page, "a.dwg")).to_be_visible()
    page.keyboard.press("Control+v")
    expect(row(page, "c.txt")).to_be_visible()
    settles(person, bucket, "Drawings/a.dwg", "Drawings/b.txt", "Drawings/c.txt")


def test_a_file_is_downloaded_as_it_is_and_a_folder_as_an_archive(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"bytes")
    person.put(bucket, "Drawings/a.dwg", b"plan")
    page.goto(f"/b/{bucket}/")
    row(page, "notes.txt").hover()
    with page.expect_download() as one:
        row(page, "notes.txt").get_by_role("button", name="Download").click()
    assert (one.value.suggested_filename, Path(one.value.path()).read_bytes()) == ("notes.txt", b"bytes")
    row(page, "Drawings").hover()
    row(page, "Drawings").get_by_role("button", name="Actions").click()
    with page.expect_download() as archive:
        page.get_by_role("menuitem", name="Download").click()
    archive.value.save_as(tmp_path / "a.zip")
    with ZipFile(tmp_path / "a.zip") as opened:
        assert [name for name in opened.namelist() if not name.endswith("/")] == ["Drawings/a.dwg"]


@pytest.mark.full
def test_all_actions_of_a_file_stand_behind_one_button_and_versions_are_in_the_address(
    person: Person, page: Page
) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt")
    page.goto(f"/b/{bucket}/")
    row(page, "notes.txt").hover()
    row(page, "notes.txt").get_by_role("button", name="Actions").click()
    for name in ("Download", "Rename", "Move", "Delete", "Versions"):
        expect(page.get_by_role("menuitem", name=name)).to_be_visible()
    page.get_by_role("menuitem", name="Versions").click()
    expect(page).to_have_url(re.compile(r"\?versions="))


@pytest.mark.full
def test_an_empty_bucket_is_deleted_from_its_menu_and_taken_back(person: Person, page: Page) -> None:
    person.bucket("Studio")
    empty = person.bucket("Empty one")
    page.goto(f"/b/{empty}/")
    place = page.get_by_label("Places").get_by_role("listitem").filter(has_text="Empty one")
    place.hover()
    place.get_by_role("button", name="Bucket menu").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_text("Deleted Empty one")).to_be_visible()
    assert [one["title"] for one in person.http.get("/buckets").json()["items"]] == ["Studio"]
    page.get_by_role("button", name="Undo").click()
    expect(place).to_be_visible()


@pytest.mark.full
def test_the_keys_are_listed_and_a_key_searches(person: Person, page: Page) -> None:
    page.goto(f"/b/{person.bucket()}/")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    looks.check(page, "keys", widths=(320, 390))
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()


def test_who_may_only_read_is_offered_nothing_that_changes(
    cairn: SignedInServer, person: Person, page: Page, sit_down: Callable[..., Person]
) -> None:
    owner = sit_down(cairn)
    bucket = owner.bucket("Shared plans")
    owner.put(bucket, "plan.txt")
    reader = person.http.get("/me").json()["user_id"]
    answer = owner.http.put(f"/buckets/{bucket}/members/{reader}", json={"role": "viewer"})
    assert answer.is_success, answer.text
    page.goto("/")
    expect(page.get_by_role("heading", name="Shared plans")).to_be_visible()
    expect(page.get_by_role("button", name="New folder")).to_have_count(0)
    row(page, "plan.txt").click(button="right")
    expect(page.get_by_role("menuitem", name="Download")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    page.keyboard.press("F2")
    expect(page.get_by_label("New name")).to_have_count(0)
    expect(row(page, "plan.txt")).to_be_visible()
    assert owner.paths(bucket) == ["plan.txt"]
