"""Putting files in: dropped, chosen and pasted, small ones and large ones, under any name."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.dropping import drag_from_desktop, hand_over
from tests.page.person import Person
from tests.page.uploading import MIB, Line, await_done, button, choose, open_folder, random_file, tray

HOSTILE = (
    '<img src=x onerror="alert(1)">.html',
    "invoice-\u202efdp.exe",
    " spaces at both ends ",
    "عقود ومراسلات.txt",
    "e\u0301 as two.txt",
    "é as one.txt",
    "100% & more?#fragment;.txt",
    "CON",
    "x" * 250 + ".txt",
)


def test_a_file_that_is_dropped_is_there_with_its_bytes(person: Person, page: Page) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    hand_over(page, [("ridge.jpg", b"a ridge")])
    await_done(page)
    assert person.content(bucket, "ridge.jpg") == b"a ridge"
    expect(page.get_by_role("row").filter(has_text="ridge.jpg")).to_be_visible()
    expect(tray(page)).to_have_count(0, timeout=10_000)


def test_what_is_published_stands_in_the_list_while_more_is_sent_and_not_before(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    Line(page, MIB)
    choose(page, random_file(tmp_path / "large.bin", 64 * MIB))
    for name in ("one.txt", "two.txt", "three.txt"):
        hand_over(page, [(name, b"small")])
        expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()
    expect(tray(page).get_by_role("progressbar", name="large.bin")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="large.bin")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())


def test_files_that_are_chosen_go_to_the_folder_on_the_screen(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 40 * MIB + 7)
    (tmp_path / "empty.txt").touch()
    person.put(bucket, "2026/Drawings/plan.txt")
    open_folder(person, bucket, "2026/Drawings/")
    choose(page, large, tmp_path / "empty.txt")
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
    expect(tray(page).get_by_role("listitem")).to_have_count(1)
    await_done(page)
    paths = person.paths(bucket)
    assert len(paths) == 1001
    assert "Drawings/empty/inside/" in paths
    assert person.content(bucket, "Drawings/part 3/0143.txt") == b"drawing 143"


def test_a_folder_that_is_chosen_keeps_its_paths(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    for path in ("plans/one.txt", "plans/deep/er/two.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    open_folder(person, bucket)
    choose(page, tmp_path / "plans", control="Upload folder")
    await_done(page)
    assert person.paths(bucket) == ["plans/deep/er/two.txt", "plans/one.txt"]


def test_names_of_all_kinds_arrive_as_they_are_and_are_shown_as_text(person: Person, page: Page) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    hand_over(page, [(name, name.encode()) for name in HOSTILE])
    expect(tray(page).get_by_text("U+202E")).to_be_visible()
    await_done(page)
    assert sorted(person.paths(bucket)) == sorted(HOSTILE)
    for name in HOSTILE:
        assert person.content(bucket, name) == name.encode()


@pytest.mark.parametrize("chunking", ["fixed", "fastcdc"])
def test_blocks_are_cut_as_the_server_cuts_them_so_that_equal_ones_are_not_sent_again(
    person: Person, page: Page, tmp_path: Path, chunking: str
) -> None:
    bucket = person.bucket(chunking=chunking)
    content = os.urandom(12 * MIB + 3)
    person.put(bucket, "before.bin", content)
    (tmp_path / "after.bin").write_bytes(content)
    open_folder(person, bucket)
    choose(page, tmp_path / "after.bin")
    expect(tray(page).get_by_text("Done. All of it was here")).to_be_visible()
    assert person.content(bucket, "after.bin") == content


@pytest.mark.full
def test_where_the_browser_lends_no_digests_files_arrive_all_the_same(person: Person, page: Page) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    bucket = person.bucket()
    open_folder(person, bucket)
    content = os.urandom(5 * MIB)
    hand_over(page, [("large.bin", content), ("small.bin", content[:100])])
    await_done(page)
    assert person.content(bucket, "large.bin") == content
    assert person.content(bucket, "small.bin") == content[:100]


@pytest.mark.full
def test_what_is_pasted_is_uploaded_but_not_into_a_field(person: Person, page: Page) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    paste = """(selector) => {
      const carried = new DataTransfer();
      carried.items.add(new File(["a picture"], "image.png", { type: "image/png" }));
      const at = selector ? document.querySelector(selector) : document.body;
      at.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(paste, "")
    await_done(page)
    (path,) = person.paths(bucket)
    assert re.fullmatch(r"Pasted 20\d\d-\d\d-\d\d at \d\d\.\d\d\.\d\d\.png", path)


@pytest.mark.full
def test_a_drag_names_its_target_and_ends_where_it_leaves(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.put(bucket, "Drawings/plan.txt")
    (tmp_path / "a.txt").write_text("a")
    open_folder(person, bucket)
    drag_from_desktop(page, [tmp_path / "a.txt"], steps="enter over")
    label = page.get_by_text("Drop into Studio")
    expect(label).to_be_visible()
    drag_from_desktop(page, [tmp_path / "a.txt"], "[role=row][data-drop-prefix='Drawings/']", steps="over")
    expect(page.get_by_text("Drop into Drawings")).to_be_visible()
    hand_over(page, [("a.txt", b"a")], steps=("dragenter", "dragleave"))
    expect(page.get_by_text("Drop into")).to_have_count(0)
    drag_from_desktop(page, [tmp_path / "a.txt"], "[role=row][data-drop-prefix='Drawings/']")
    await_done(page)
    assert "Drawings/a.txt" in person.paths(bucket)


@pytest.mark.full
def test_a_drag_that_rests_over_a_folder_opens_it(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    person.put(bucket, "Drawings/plan.txt")
    (tmp_path / "a.txt").write_text("a")
    open_folder(person, bucket)
    drag_from_desktop(page, [tmp_path / "a.txt"], "[role=row][data-drop-prefix='Drawings/']", steps="enter over")
    expect(page).to_have_url(re.compile(f"/b/{bucket}/Drawings/$"))
    drag_from_desktop(page, [tmp_path / "a.txt"], steps="over drop")
    await_done(page)
    assert "Drawings/a.txt" in person.paths(bucket)


@pytest.mark.full
def test_a_drag_of_text_does_nothing_and_a_drop_where_nothing_goes_leaves_the_page_as_it_is(
    person: Person, page: Page
) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    page.evaluate("""() => {
      const carried = new DataTransfer();
      carried.setData("text/plain", "words");
      for (const step of ["dragenter", "dragover"])
        document.querySelector("main").dispatchEvent(new DragEvent(step, { dataTransfer: carried, bubbles: true }));
    }""")
    expect(page.get_by_text("Drop into")).to_have_count(0)
    page.goto("/sync-status")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    hand_over(page, [("lost.txt", b"lost")])
    expect(page).to_have_url(re.compile("/sync-status$"))
    assert person.paths(bucket) == []


def test_the_keyboard_alone_uploads_pauses_and_cancels(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 24 * MIB)
    open_folder(person, bucket)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Alt+u")
    page.context.set_offline(True)
    chooser.value.set_files(large)
    button(page, "Pause").focus()
    page.keyboard.press("Enter")
    expect(tray(page).get_by_role("heading")).to_have_text("Paused")
    page.context.set_offline(False)
    expect(button(page, "Resume")).to_have_accessible_description("large.bin")
    button(page, "Resume").focus()
    page.keyboard.press("Enter")
    await_done(page)
    assert person.paths(bucket) == ["large.bin"]
