"""Putting files in: dropped, chosen and pasted, small ones and large ones."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page.dropping import drag_from_desktop, hand_over
from tests.page.person import Person

MIB = 1024 * 1024


def open_folder(person: Person, bucket: str, prefix: str = "") -> None:
    person.page.goto(f"/b/{bucket}/{prefix}")
    expect(person.page.get_by_role("button", name="Upload", exact=True)).to_be_visible()


def await_done(page: Page) -> None:
    expect(page.get_by_role("region", name="Uploads").get_by_role("heading")).to_have_text(
        re.compile("^Uploaded"), timeout=120_000
    )


def test_a_file_that_is_dropped_is_there_with_its_bytes(person: Person, page: Page) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"a ridge")])
    await_done(page)
    assert person.content(bucket, "ridge.jpg") == b"a ridge"
    expect(page.get_by_text("ridge.jpg").first).to_be_visible()


def test_files_that_are_chosen_go_to_the_folder_on_the_screen(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(40 * MIB + 7))
    (tmp_path / "empty.txt").touch()
    person.put(bucket, "2026/Drawings/plan.txt")
    open_folder(person, bucket, "2026/Drawings/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files([large, tmp_path / "empty.txt"])
    await_done(page)
    assert person.content(bucket, "2026/Drawings/large.bin") == large.read_bytes()
    assert person.content(bucket, "2026/Drawings/empty.txt") == b""


def test_a_folder_of_a_thousand_files_is_one_line_and_empty_folders_come_along(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    root = tmp_path / "Drawings"
    for number in range(1000):
        file = root / f"part {number % 7}" / f"{number:04}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"drawing %d" % number)
    (root / "empty" / "inside").mkdir(parents=True)
    open_folder(person, bucket)
    drag_from_desktop(page, [root])
    expect(page.get_by_role("region", name="Uploads").get_by_role("listitem")).to_have_count(1)
    await_done(page)
    paths = person.paths(bucket)
    assert len(paths) == 1001
    assert "Drawings/empty/inside/" in paths
    assert person.content(bucket, "Drawings/part 3/0143.txt") == b"drawing 143"
