"""A day without a mouse: everything by Tab, Enter, arrows and the keys that the page names."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.page.person import PASSWORD, Person
from tests.servers.cairn_server import wait_until

MOST_STOPS = 80


def tab_to(page: Page, target: Locator) -> None:
    """Tab until `target` has the focus, and see that it shows so."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate("element => element.matches(':focus-visible')")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def press(page: Page, target: Locator) -> None:
    tab_to(page, target)
    page.keyboard.press("Enter")


def choose(page: Page, item: Locator) -> None:
    """By the arrows, in a menu that is open or opening."""
    expect(item).to_be_visible()
    for _ in range(MOST_STOPS):
        if item.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"No arrow leads to {item}")


def test_a_day_needs_no_mouse(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket("Studio")
    person.put(bucket, "notes.md", b"first draft")
    person.put(bucket, "plan.md", b"plan")
    notes = tmp_path / "notes.md"
    notes.write_bytes(b"second draft")
    _come_in(person)
    press(page, page.get_by_role("navigation", name="Places").get_by_role("link", name="Studio"))
    expect(page.get_by_role("heading", level=1, name="Studio")).to_be_visible()

    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Alt+u")
    chooser.value.set_files(notes)
    press(page, page.get_by_role("dialog").get_by_role("button", name="Replace"))
    row = page.get_by_role("row", name="notes.md")
    expect(row).to_contain_text("12 bytes")

    tab_to(page, row)
    page.keyboard.press("Shift+F10")
    choose(page, page.get_by_role("menuitem", name="Versions"))
    press(page, page.get_by_role("dialog", name="Versions").get_by_role("button", name="Restore"))
    expect(row).to_contain_text("11 bytes")
    assert person.content(bucket, "notes.md") == b"first draft"

    tab_to(page, row)
    page.keyboard.press("Delete")
    expect(row).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(row).to_be_visible()
    tab_to(page, page.get_by_role("row", name="plan.md"))
    page.keyboard.press("ArrowUp")
    expect(row).to_be_focused()
    page.keyboard.press("Delete")
    expect(row).to_have_count(0)

    press(page, page.get_by_role("navigation", name="Places").get_by_role("link", name="Trash"))
    deleted = page.get_by_role("list", name="Deleted files").get_by_role("listitem").filter(has_text="notes.md")
    press(page, deleted.get_by_role("button", name="Restore"))
    expect(deleted).to_have_count(0)
    wait_until(lambda: person.http.get(f"/buckets/{bucket}/content/notes.md").status_code == 200)
    assert person.content(bucket, "notes.md") == b"first draft"

    press(page, page.get_by_role("link", name=person.email))
    press(page, page.get_by_role("button", name="Sign out", exact=True).first)
    expect(page.get_by_label("E-mail")).to_be_focused()


def _come_in(person: Person) -> None:
    person.context.clear_cookies()
    person.page.goto("/sign-in")
    expect(person.page.get_by_label("E-mail")).to_be_focused()
    person.page.keyboard.type(person.email)
    person.page.keyboard.press("Tab")
    person.page.keyboard.type(PASSWORD)
    person.page.keyboard.press("Enter")
