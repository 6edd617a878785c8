"""What uploading looks like: no state of it breaks a rule of accessibility or the window's edges."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.dropping import hand_over
from tests.page.looks import check
from tests.page.person import Person
from tests.page.uploading import MIB, Line, await_share, button, choose, open_folder, random_file, tray

pytestmark = pytest.mark.full


def test_the_tray_with_running_held_failed_and_waiting_ones(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.put(bucket, "plans/one.txt")
    open_folder(person, bucket)
    line = Line(page, 2 * MIB)
    names = ["flight-second-pass.mp4", "point-cloud-of-the-north-face-and-of-the-eastern-approach.las"]
    hand_over(page, [("plans", b"a file"), ("structure-notes.md", b"notes")])
    expect(tray(page).get_by_text("A folder has this name already")).to_be_visible()
    expect(tray(page).get_by_text("Done")).to_be_visible()
    choose(page, *(random_file(tmp_path / name, 12 * MIB) for name in [*names, *(f"{n}.bin" for n in range(5))]))
    expect(tray(page).get_by_text("more are waiting")).to_be_visible()
    button(page, "Pause").first.click()
    expect(tray(page).get_by_text("Paused at")).to_be_visible()
    line.limit(MIB // 8)
    check(page, "upload")


def test_the_question_about_a_name(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for name in ("ridge-from-the-east.jpg", "ridge-from-the-west.jpg"):
        person.put(bucket, name, b"old")
    open_folder(person, bucket)
    hand_over(page, [(name, b"newer") for name in ("ridge-from-the-east.jpg", "ridge-from-the-west.jpg")])
    # Of two that are there the one is asked about first that was looked up first.
    expect(
        page.get_by_role("dialog", name=re.compile("ridge-from-the-(east|west).jpg is already here"))
    ).to_be_visible()
    check(page, "conflict")


def test_a_drag_over_the_page(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "Drawings/plan.txt")
    open_folder(person, bucket)
    hand_over(page, [("a.txt", b"a"), ("b.txt", b"b")], "[data-drop-prefix='Drawings/']", ("dragenter", "dragover"))
    expect(page.get_by_text("Drop into Drawings")).to_be_visible()
    check(page, "drop", widths=(1440,))


def test_what_is_left_after_a_reload(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    Line(page, 4 * MIB)
    choose(page, random_file(tmp_path / "flight-second-pass.mp4", 24 * MIB))
    await_share(page, 20)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(tray(page).get_by_text("Choose the file again to go on.")).to_be_visible()
    check(page, "upload-after-reload")
