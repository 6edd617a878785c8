"""Selecting, as in a desktop's file manager: by mouse, by keys, by touch."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer

pytestmark = pytest.mark.full

_NAMES = ("apple.txt", "banana.txt", "cherry.txt", "date.txt", "elder.txt")


@pytest.fixture
def bucket(person: Person) -> str:
    bucket = person.bucket()
    for name in _NAMES:
        person.put(bucket, name)
    person.page.goto(f"/b/{bucket}/")
    expect(person.page.locator("[data-row]")).to_have_count(len(_NAMES))
    return bucket


def chosen(page: Page) -> list[str]:
    found: list[str] = page.locator("[data-row][aria-selected=true] [role=rowheader] a").evaluate_all(
        "all => all.map((one) => one.ariaLabel[0])"
    )
    return found


def click(page: Page, name: str, *, keys: str = "") -> None:
    """On the row, beside its name."""
    modifiers = [keys] if keys else []
    page.get_by_role("row", name=name).locator("[role=gridcell]").nth(2).click(modifiers=modifiers)  # type: ignore[arg-type]  # "Control", "Shift"


@pytest.mark.usefixtures("bucket")
def test_the_mouse_selects_one_adds_with_control_and_extends_with_shift(page: Page) -> None:
    click(page, "banana")
    click(page, "date")
    assert chosen(page) == ["d"]
    click(page, "apple", keys="Control")
    assert chosen(page) == ["a", "d"]
    click(page, "cherry", keys="Shift")
    assert chosen(page) == ["a", "b", "c"]
    expect(page.get_by_role("toolbar", name="Selected files").get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Escape")
    assert chosen(page) == []


@pytest.mark.usefixtures("bucket")
def test_a_drag_on_empty_ground_draws_a_band(page: Page) -> None:
    below = page.get_by_role("row", name="elder").bounding_box()
    assert below
    page.mouse.move(below["x"] + 300, below["y"] + below["height"] + 60)
    page.mouse.down()
    page.mouse.move(below["x"] + 100, below["y"] - below["height"] / 2, steps=5)
    assert chosen(page) == ["d", "e"]
    page.mouse.up()
    expect(page.get_by_role("toolbar").get_by_text("2 selected")).to_be_visible()


@pytest.mark.usefixtures("bucket")
def test_keys_alone_move_select_and_jump_and_the_list_is_one_tab_stop(page: Page) -> None:
    assert page.locator("[data-row][tabindex='0']").count() == 1
    page.locator("[data-row][tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert chosen(page) == ["b", "c"]
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("Space")
    assert chosen(page) == ["b", "c", "e"]
    page.keyboard.type("da")
    expect(page.get_by_role("row", name="date.txt")).to_be_focused()
    assert chosen(page) == ["d"]
    page.keyboard.press("Control+a")
    assert chosen(page) == ["a", "b", "c", "d", "e"]
    page.keyboard.press("Home")
    expect(page.get_by_role("row", name="apple.txt")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("row", name="apple.txt").get_by_role("checkbox", name="Select")).to_be_focused()


def test_a_selection_survives_sorting_and_what_others_do_and_loses_what_vanished(
    person: Person, page: Page, bucket: str
) -> None:
    click(page, "banana")
    click(page, "date", keys="Control")
    page.keyboard.press("Escape")
    click(page, "banana")
    click(page, "elder", keys="Control")
    person.put(bucket, "aaa.txt")
    expect(page.get_by_role("row", name="aaa.txt")).to_be_visible(timeout=30_000)
    assert chosen(page) == ["b", "e"]
    assert person.http.delete(f"/buckets/{bucket}/content/elder.txt").status_code == 204
    expect(page.get_by_role("row", name="elder.txt")).to_have_count(0, timeout=30_000)
    assert chosen(page) == ["b"]


@pytest.mark.usefixtures("bucket")
def test_a_right_click_beside_the_selection_selects_that_row_first(page: Page) -> None:
    click(page, "apple")
    click(page, "banana", keys="Control")
    page.get_by_role("row", name="banana").click(button="right")
    expect(page.get_by_role("menuitem", name="Rename")).to_have_count(0)
    expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("row", name="date").click(button="right")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_visible()
    assert chosen(page) == ["d"]
    looks.check(page, "menu", widths=())


def test_on_touch_a_tap_opens_a_long_press_selects_and_taps_then_add(
    cairn: SignedInServer, sit_down: Callable[..., Person]
) -> None:
    person = sit_down(cairn, width=390, height=844, touch=True)
    bucket, page = person.bucket(), person.page
    for name in _NAMES:
        person.put(bucket, name)
    page.goto(f"/b/{bucket}/")
    row = page.get_by_role("row", name="banana")
    expect(row).to_be_visible()
    box = row.bounding_box()
    assert box
    session = person.context.new_cdp_session(page)
    point = {"x": box["x"] + 150, "y": box["y"] + 30}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(row).to_have_attribute("aria-selected", "true")
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.get_by_role("row", name="date").tap(position={"x": 150, "y": 30})
    assert chosen(page) == ["b", "d"]
    looks.check(page, "phone-selection", widths=(320, 390))
    page.get_by_role("button", name="Clear selection").tap()
    page.get_by_role("row", name="date").tap(position={"x": 150, "y": 30})
    expect(page).to_have_url(re.compile("preview="))
