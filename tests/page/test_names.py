"""Names of files are text, whatever they hold: shown whole, marked where they would deceive, never markup."""

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person

_MARKUP = '<img src=x onerror="document.title=1">.html'


def test_markup_in_a_name_is_a_name_everywhere_that_it_is_shown(person: Person, page: Page) -> None:
    bucket = person.bucket(_MARKUP)
    person.put(bucket, _MARKUP)
    page.goto(f"/b/{bucket}/")
    row = page.get_by_role("row", name=_MARKUP)
    expect(row).to_be_visible()
    expect(page.get_by_role("heading", name=_MARKUP)).to_be_visible()
    assert page.locator("main img[src=x]").count() == 0
    row.focus()
    page.keyboard.press("Delete")
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("status").get_by_text(f"Restored {_MARKUP} to {_MARKUP}")).to_be_visible()
    assert _MARKUP not in page.title()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("invoice-\u202efdp.exe", "invoice-U+202Efdp.exe"), (" two\u00a0ends ", "U+0020twoU+00A0endsU+0020")],
)
def test_what_cannot_be_seen_is_marked_as_code_points(person: Person, page: Page, name: str, shown: str) -> None:
    bucket = person.bucket(naming="s3")
    person.put(bucket, name)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name=shown)).to_be_visible()


def test_two_names_that_look_alike_both_say_by_what_they_differ(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for name in ("paper.pdf", "p\u0430per.pdf", "other.pdf"):
        person.put(bucket, name)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name="paU+0061per.pdf")).to_be_visible()
    expect(page.get_by_role("row", name="p\u0430U+0430per.pdf")).to_be_visible()
    expect(page.get_by_role("row", name="other.pdf", exact=True)).to_be_visible()


def test_a_very_long_name_loses_its_middle_and_keeps_its_end(person: Person, page: Page) -> None:
    bucket = person.bucket()
    name = f"{'a very long beginning ' * 9}(signed by both).xlsx"
    person.put(bucket, name)
    page.goto(f"/b/{bucket}/")
    row = page.get_by_role("row", name=name)
    expect(row).to_be_visible()
    expect(row.get_by_text("y both).xlsx", exact=True)).to_be_in_viewport()
    for width in looks.WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert looks.sideways(page) == []


def test_folders_whose_names_hold_syntax_of_addresses_can_be_opened(person: Person, page: Page) -> None:
    bucket = person.bucket()
    for name in ("100%", "a%2Fb", "q?x=1#y", "ü & Ω"):
        person.put(bucket, f"{name}/in.txt")
    for name in ("100%", "a%2Fb", "q?x=1#y", "ü & Ω"):
        page.goto(f"/b/{bucket}/")
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.get_by_role("row", name="in.txt")).to_be_visible()
        page.reload()
        expect(page.get_by_role("row", name="in.txt")).to_be_visible()
