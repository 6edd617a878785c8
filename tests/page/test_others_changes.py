"""What others do to the list on the screen: put in its place on a ground that fades, and not in the middle of what somebody does."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.page.test_actions import row, settles

pytestmark = pytest.mark.full

# The names of the rows whose ground has begun to fade, and of those for which it has ended.
_WATCH = """() => {
    window.faded = { begun: [], ended: [], seconds: [] };
    const note = (list) => (event) => {
        const row = event.target.closest("[data-row]");
        if (row && event.animationName.includes("fresh")) list.push(row.querySelector("[role=rowheader] a").ariaLabel);
    };
    document.addEventListener("animationstart", note(window.faded.begun));
    document.addEventListener("animationend", note(window.faded.ended));
    document.addEventListener("animationend", ({ animationName, elapsedTime }) => {
        if (animationName.includes("fresh")) window.faded.seconds.push(elapsedTime);
    });
}"""


@pytest.fixture
def bucket(person: Person) -> str:
    bucket = person.bucket()
    for name in ("b.txt", "c.txt"):
        person.put(bucket, name)
    person.page.goto(f"/b/{bucket}/")
    for name in ("b.txt", "c.txt"):
        expect(row(person.page, name).get_by_text("Verified")).to_be_visible()
    return bucket


def _renaming(page: Page) -> Callable[[], None]:
    row(page, "c.txt").focus()
    page.keyboard.press("F2")
    expect(page.get_by_label("New name")).to_be_focused()
    return lambda: page.keyboard.press("Escape")


def _menu(page: Page) -> Callable[[], None]:
    row(page, "c.txt").click(button="right")
    expect(page.get_by_role("menu")).to_be_visible()
    return lambda: page.keyboard.press("Escape")


def _pointer(page: Page) -> Callable[[], None]:
    row(page, "c.txt").locator("[role=gridcell]").nth(2).hover()
    page.mouse.down()
    return page.mouse.up


@pytest.mark.parametrize("begin", [_renaming, _menu, _pointer])
def test_nothing_moves_in_the_middle_of_something_and_changes_wait_above_the_list(
    person: Person, page: Page, bucket: str, begin: Callable[[Page], Callable[[], None]]
) -> None:
    end = begin(page)
    second = page.locator("[data-row]").nth(1)  # While its name is written it has none.
    before = second.bounding_box()
    person.put(bucket, "a.txt")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    person.put(bucket, "d.txt")
    assert person.http.delete(f"/buckets/{bucket}/content/b.txt").status_code == 204
    expect(page.get_by_text("3 changes", exact=True)).to_be_visible()
    assert second.bounding_box() == before
    expect(row(page, "b.txt")).to_be_visible()
    expect(row(page, "a.txt")).to_have_count(0)
    if begin is _renaming:
        looks.check(page, "others-changes-wait", widths=())
    end()
    for name in ("a.txt", "d.txt"):
        expect(row(page, name)).to_be_visible()
    expect(row(page, "b.txt")).to_have_count(0)
    expect(page.get_by_text("3 changes", exact=True)).to_have_count(0)


def test_what_others_put_or_change_fades_and_what_one_does_oneself_does_not(
    person: Person, page: Page, bucket: str
) -> None:
    page.evaluate(_WATCH)
    row(page, "c.txt").focus()
    page.keyboard.press("F2")
    page.keyboard.type("mine")
    page.keyboard.press("Enter")
    expect(row(page, "mine.txt")).to_be_visible()
    settles(person, bucket, "b.txt", "mine.txt")
    person.put(bucket, "theirs.txt")
    person.put(bucket, "b.txt", b"changed")
    page.wait_for_function("() => ['b.txt', 'theirs.txt'].every((name) => window.faded.ended.includes(name))")
    assert sorted(set(page.evaluate("window.faded.begun"))) == ["b.txt", "theirs.txt"]
    assert set(page.evaluate("window.faded.seconds")) == {2}


def test_rows_are_dense_or_roomy_as_it_was_chosen_on_this_device(person: Person, page: Page, bucket: str) -> None:
    def height() -> float:
        box = row(page, "b.txt").bounding_box()
        assert box
        return box["height"]

    assert height() == 44
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Dense rows").click()
    expect(row(page, "b.txt")).to_have_css("height", "34px")
    looks.check(page, "files-dense")
    page.reload()
    expect(row(page, "b.txt")).to_have_css("height", "34px")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Roomy rows").click()
    expect(row(page, "b.txt")).to_have_css("height", "44px")
