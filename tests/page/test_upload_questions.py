"""Names that are taken, files that change, rooms that are full: what is asked and what is said."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.dropping import drag_from_desktop, hand_over
from tests.page.person import Person
from tests.page.uploading import MIB, Line, await_done, await_share, button, choose, open_folder, random_file, tray


def answer(page: Page, name: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_replace_keeps_the_old_one_as_a_version(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file_id = person.put(bucket, "ridge.jpg", b"old")
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"newer"), ("other.jpg", b"other")])
    expect(page.get_by_role("dialog", name="ridge.jpg is already here")).to_be_visible()
    expect(page.get_by_text("Nothing is lost: Replace keeps the old one as a version.")).to_be_visible()
    answer(page, "Replace")
    await_done(page)
    assert person.content(bucket, "ridge.jpg") == b"newer"
    assert person.content(bucket, "other.jpg") == b"other"
    assert len(person.http.get(f"/files/{file_id}/versions").json()["items"]) == 2


def test_keep_both_finds_the_next_free_name(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "ridge.jpg", b"old")
    person.put(bucket, "ridge (2).jpg", b"older")
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"newer")])
    answer(page, "Keep both")
    await_done(page)
    assert person.content(bucket, "ridge (3).jpg") == b"newer"
    assert person.content(bucket, "ridge.jpg") == b"old"


def test_skip_leaves_what_is_there_and_one_answer_can_hold_for_all(person: Person, page: Page) -> None:
    bucket = person.bucket()
    names = [f"{number}.txt" for number in range(12)]
    for name in names:
        person.put(bucket, name, b"old")
    open_folder(person, bucket)
    hand_over(page, [(name, b"new and longer") for name in names])
    box = page.get_by_role("checkbox", name="Same for the other 11")
    expect(box).not_to_be_checked()
    answer(page, "Replace")
    box = page.get_by_role("checkbox", name="Same for the other 10")
    expect(box).not_to_be_checked()
    box.check()
    answer(page, "Skip")
    await_done(page)
    contents = [person.content(bucket, name) for name in names]
    assert sorted(contents) == sorted([b"new and longer", *[b"old"] * 11])


def test_equal_bytes_are_no_question(person: Person, page: Page) -> None:
    bucket = person.bucket()
    content = os.urandom(5 * MIB)
    person.put(bucket, "small.txt", b"same")
    person.put(bucket, "large.bin", content)
    open_folder(person, bucket)
    hand_over(page, [("small.txt", b"same"), ("large.bin", content)])
    expect(tray(page).get_by_text("Same file, nothing to send")).to_have_count(2)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.full
def test_equal_sizes_with_other_bytes_are_a_question(person: Person, page: Page) -> None:
    bucket = person.bucket()
    content = os.urandom(5 * MIB)
    person.put(bucket, "large.bin", os.urandom(5 * MIB))
    open_folder(person, bucket)
    hand_over(page, [("large.bin", content)])
    answer(page, "Replace")
    await_done(page)
    assert person.content(bucket, "large.bin") == content


@pytest.mark.full
def test_where_no_versions_are_kept_the_question_says_that_the_old_one_goes(person: Person, page: Page) -> None:
    bucket = person.bucket(versioning="off")
    person.put(bucket, "ridge.jpg", b"old")
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"newer")])
    expect(page.get_by_text("The old one is gone for good.")).to_be_visible()
    expect(page.get_by_role("button", name="Keep both")).to_be_focused()


def test_names_that_differ_in_case_or_form_only_stand_side_by_side(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "Ridge.jpg", b"old")
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"new")])
    await_done(page)
    assert person.paths(bucket) == ["Ridge.jpg", "ridge.jpg"]


@pytest.mark.full
def test_a_folder_in_the_place_of_a_file_is_told(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "plans/one.txt")
    open_folder(person, bucket)
    hand_over(page, [("plans", b"a file")])
    expect(tray(page).get_by_text("A folder has this name already")).to_be_visible()
    expect(button(page, "Retry")).to_have_accessible_description("plans")


def test_a_folder_that_is_dropped_again_sends_only_what_is_new(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    root = tmp_path / "plans"
    root.mkdir()
    for number in range(5):
        (root / f"{number}.txt").write_text(f"plan {number}")
    open_folder(person, bucket)
    drag_from_desktop(page, [root])
    await_done(page)
    (root / "5.txt").write_text("plan 5")
    drag_from_desktop(page, [root])
    expect(tray(page).get_by_text("Done", exact=False).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    await_done(page)
    assert len(person.paths(bucket)) == 6


@pytest.mark.full
def test_a_file_that_changes_while_it_is_read_is_told_and_can_be_tried_again(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 24 * MIB)
    open_folder(person, bucket)
    line = Line(page, 4 * MIB)
    drag_from_desktop(page, [large])
    await_share(page, 10)
    with large.open("r+b") as changing:
        changing.write(b"changed")
    expect(tray(page).get_by_text("It changed while it was read")).to_be_visible(timeout=60_000)
    line.limit()
    button(page, "Retry").click()
    await_done(page)
    assert person.content(bucket, "large.bin") == large.read_bytes()


def test_where_there_is_no_room_it_says_how_much_is_missing(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.server.cairn("user", "quota", person.email, "3000000")
    open_folder(person, bucket)
    hand_over(page, [("large.bin", bytes(5_100_000))])
    expect(tray(page).get_by_text("No room: 2.1 MB over your 3 MB")).to_be_visible()
    assert person.paths(bucket) == []


def test_of_a_folder_what_fits_is_kept_and_the_rest_is_told(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.server.cairn("user", "quota", person.email, "3000000")
    root = tmp_path / "plans"
    root.mkdir()
    for number in range(5):
        random_file(root / f"{number}.bin", MIB)
    open_folder(person, bucket)
    drag_from_desktop(page, [root])
    expect(tray(page).get_by_text("No room: 3 files of 3.1 MB are left out")).to_be_visible()
    assert len(person.paths(bucket)) == 2
    person.server.cairn("user", "quota", person.email, "30000000")
    button(page, "Retry").click()
    await_done(page)
    assert len(person.paths(bucket)) == 5


# The file goes after the folder was listed, and before it is looked at.
_BETWEEN = """() => {
  const { webkitGetAsEntry } = DataTransferItem.prototype;
  DataTransferItem.prototype.webkitGetAsEntry = function () {
    const entry = webkitGetAsEntry.call(this);
    const readers = Object.getPrototypeOf(entry.createReader());
    const { readEntries } = readers;
    readers.readEntries = function (found, failed) {
      readEntries.call(this, (entries) => window.listed().then(() => found(entries)), failed);
    };
    return entry;
  };
}"""


@pytest.mark.full
def test_a_file_that_cannot_be_read_is_told_by_name_and_the_rest_of_its_folder_goes(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    root = tmp_path / "plans"
    root.mkdir()
    for name in ("one.txt", "two.txt", "three.txt"):
        (root / name).write_text(name)
    page.expose_function("listed", lambda: (root / "two.txt").unlink(missing_ok=True))
    open_folder(person, bucket)
    page.evaluate(_BETWEEN)
    drag_from_desktop(page, [root])
    expect(tray(page).get_by_text("two.txt failed: it could not be read")).to_be_visible()
    assert person.paths(bucket) == ["plans/one.txt", "plans/three.txt"]
    (root / "two.txt").write_text("back again")
    button(page, "Retry").click()
    await_done(page)
    assert person.content(bucket, "plans/two.txt") == b"back again"


@pytest.mark.full
def test_cancel_asks_nothing_and_can_be_taken_back(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 24 * MIB)
    open_folder(person, bucket)
    line = Line(page, 4 * MIB)
    choose(page, large)
    await_share(page, 10)
    button(page, "Cancel").click()
    expect(tray(page)).to_have_count(0)
    line.limit()
    page.get_by_role("button", name="Undo").click()
    await_done(page)
    assert person.content(bucket, "large.bin") == large.read_bytes()


@pytest.mark.full
def test_from_two_uploads_on_all_can_be_paused_and_cancelled_together(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    Line(page, MIB)
    choose(page, *(random_file(tmp_path / f"{number}.bin", 8 * MIB) for number in range(8)))
    expect(tray(page).get_by_role("heading")).to_have_text("Uploading 8 files")
    expect(tray(page).get_by_role("listitem")).to_have_count(5)
    expect(tray(page).get_by_text("3 more are waiting")).to_be_visible()
    button(page, "Pause all").click()
    expect(tray(page).get_by_role("heading")).to_have_text("Paused")
    button(page, "Show less").click()
    expect(tray(page).get_by_role("listitem")).to_have_count(0)
    button(page, "Cancel all").click()
    expect(tray(page)).to_have_count(0)
    expect(page.get_by_text(re.compile("Cancelled 8 uploads"))).to_be_visible()
    assert person.paths(bucket) == []
