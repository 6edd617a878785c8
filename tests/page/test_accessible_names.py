"""The names by which people and programs find what the page offers, each exactly as it is promised, and one of each."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.dropping import drag_from_desktop, hand_over
from tests.page.person import PASSWORD, Person
from tests.page.test_gate import _ask_for_code, _authorization
from tests.page.uploading import MIB, Line, button, choose, random_file, tray


def one(found: Locator) -> Locator:
    """What was found, which is there once and can be seen."""
    expect(found).to_have_count(1)
    expect(found).to_be_visible()
    return found


def act(page: Page, file: str, name: str) -> Locator:
    """An action of a file: it stands in its row, or behind "Actions" there."""
    row = one(page.get_by_role("row", name=file, exact=True))
    row.hover()
    if row.get_by_role("button", name=name, exact=True).count() == 0:
        one(row.get_by_role("button", name="Actions", exact=True)).click()
        return one(page.get_by_role("menuitem", name=name, exact=True))
    return one(row.get_by_role("button", name=name, exact=True))


@pytest.mark.full
def test_the_gate_is_operated_by_its_names(person: Person, page: Page) -> None:
    person.context.clear_cookies()
    page.goto("/")
    one(page.get_by_role("button", name="Create account", exact=True)).click()
    one(page.get_by_role("textbox", name="E-mail", exact=True))
    one(page.get_by_label("Password", exact=True))
    one(page.get_by_role("button", name="Create account", exact=True))
    page.goto("/")
    one(page.get_by_role("textbox", name="E-mail", exact=True)).fill(person.email)
    one(page.get_by_label("Password", exact=True)).fill(PASSWORD)
    one(page.get_by_role("button", name="Sign in", exact=True)).click()
    one(page.get_by_role("link", name="Sync status", exact=True)).click()
    one(page.get_by_role("heading", name="Sync status", exact=True))
    page.goto("/device")
    one(page.get_by_role("textbox", name="Code", exact=True)).fill(_ask_for_code(person)["user_code"])
    page.keyboard.press("Enter")
    one(page.get_by_role("button", name="Allow", exact=True))
    page.goto(f"/oauth/authorize?{_authorization(person.server)}")
    one(page.get_by_role("button", name="Allow", exact=True))


@pytest.mark.full
def test_buckets_folders_and_files_are_operated_by_their_names(person: Person, page: Page, tmp_path: Path) -> None:
    page.goto("/")
    one(page.get_by_role("button", name="New bucket", exact=True)).click()
    one(page.get_by_role("textbox", name="Name", exact=True)).fill("Studio")
    page.keyboard.press("Enter")
    one(page.get_by_role("heading", name="Studio", exact=True))
    one(page.get_by_role("button", name="New bucket", exact=True))
    one(page.get_by_role("button", name="New folder", exact=True)).click()
    one(page.get_by_role("textbox", name="Name", exact=True)).fill("Drawings")
    page.keyboard.press("Enter")
    one(page.get_by_role("row", name="Drawings", exact=True))

    expect(page.locator("input[type=file][multiple]")).to_have_count(1)
    (tmp_path / "plan.txt").write_bytes(b"plan")
    (tmp_path / "dropped.txt").write_bytes(b"dropped")
    choose(page, tmp_path / "plan.txt")
    one(page.get_by_role("row", name="plan.txt", exact=True))
    drag_from_desktop(page, [tmp_path / "dropped.txt"], "main")
    row = one(page.get_by_role("row", name="dropped.txt", exact=True))
    one(row.get_by_text(re.compile(r"^Verified")))
    one(row.get_by_role("gridcell").filter(has_text=re.compile(r"Verified\s*\d\d:\d\d")))

    with page.expect_download():
        act(page, "plan.txt", "Download").click()
    for name in ("Rename", "Move", "Delete"):
        act(page, "plan.txt", name)
        page.keyboard.press("Escape")
    act(page, "plan.txt", "Versions").click()
    versions = one(page.get_by_role("dialog", name="Versions", exact=True))
    expect(versions.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    act(page, "plan.txt", "Delete").click()
    expect(page.get_by_role("row", name="plan.txt", exact=True)).to_have_count(0)
    one(page.get_by_role("link", name="Trash", exact=True)).click()
    one(page.get_by_role("heading", name="Trash", exact=True))
    one(page.get_by_role("button", name="Restore", exact=True)).click()
    expect(page.get_by_role("button", name="Restore", exact=True)).to_have_count(0)


def test_uploads_and_questions_about_names_are_operated_by_their_names(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    person.put(bucket, "taken.txt", b"old")
    page.goto(f"/b/{bucket}/")
    one(page.get_by_role("row", name="taken.txt", exact=True))
    hand_over(page, [("taken.txt", b"newer")])
    question = one(page.get_by_role("dialog"))
    for name in ("Replace", "Keep both", "Skip"):
        one(question.get_by_role("button", name=name, exact=True))
    question.get_by_role("button", name="Skip", exact=True).click()

    Line(page, MIB)
    choose(page, random_file(tmp_path / "large.bin", 16 * MIB))
    one(tray(page).get_by_role("progressbar", name=re.compile("large.bin")))
    one(button(page, "Pause")).click()
    one(button(page, "Resume")).click()
    one(button(page, "Pause"))
    one(button(page, "Cancel")).click()
    expect(button(page, "Cancel")).to_have_count(0)
    person.put(bucket, "folder/in.txt")
    hand_over(page, [("folder", b"a file where a folder is")])
    one(button(page, "Retry"))
