"""The panel beside the list: what is known of a file, a folder, or several things at once."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.client_of import block_files
from tests.page import looks
from tests.page.contents import png
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer, wait_until

MIB = 1 << 20


def details(page: Page, bucket: str, what: str) -> Locator:
    page.goto(f"/b/{bucket}/?details={what}")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", name="Details")).to_be_visible()
    return panel


def test_a_file_says_all_that_is_known_of_it(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "ridge.png", png(), "image/png")
    wait_until(lambda: person.http.get(f"/files/{file}").json()["sync_status"] == "completed")
    record = person.http.get(f"/files/{file}").json()
    panel = details(page, bucket, file)
    expect(panel.get_by_text("Verified").first).to_be_visible()
    expect(panel.get_by_role("definition").get_by_text(f"{record['size']} bytes")).to_be_visible()
    expect(panel.get_by_text("PNG image")).to_be_visible()
    expect(panel.get_by_text(record["content_hash"])).to_be_visible()
    expect(panel.locator("img")).to_have_js_property("naturalWidth", 64)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy content hash").click()
    expect(panel.get_by_text("Copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == record["content_hash"]
    panel.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("dialog").get_by_role("img", name="ridge.png")).to_be_visible()
    page.keyboard.press("Escape")
    looks.check(page, "details-file")
    panel.get_by_role("button", name="Close details").click()
    expect(panel).to_be_hidden()


def test_tags_and_description_are_changed_in_place_and_that_is_undone(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "notes.txt")
    panel = details(page, bucket, file)
    panel.get_by_role("button", name="Add tag").press("Enter")
    page.keyboard.type("stage=final")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("listitem").get_by_text("stage=final")).to_be_visible()
    wait_until(lambda: person.http.get(f"/files/{file}").json()["tags"] == {"stage": "final"})
    panel.get_by_role("button", name="Take away tag").click()
    wait_until(lambda: person.http.get(f"/files/{file}").json()["tags"] == {})
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: person.http.get(f"/files/{file}").json()["tags"] == {"stage": "final"})

    panel.get_by_role("button", name="Add description").click()
    panel.get_by_role("textbox", name="Description").fill("For the jury\non Monday")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("For the jury")).to_be_visible()
    wait_until(lambda: person.http.get(f"/files/{file}").json()["description"] == "For the jury\non Monday")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "notes.txt", b"one")
    panel = details(page, bucket, file)
    panel.get_by_role("button", name="Add tag").click()
    page.route("**/api/v1/events*", lambda route: route.abort())
    page.route(
        f"**/api/v1/files/{file}", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )
    person.put(bucket, "notes.txt", b"two")
    page.keyboard.type("mine")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("Someone else has just changed this file")
    assert person.http.get(f"/files/{file}").json()["tags"] == {}


def test_the_map_shows_which_parts_are_shared_and_is_read_by_the_keyboard(person: Person, page: Page) -> None:
    bucket = person.bucket()
    old = b"".join(bytes([number]) * MIB for number in range(4))
    person.put(bucket, "model.blend", old)
    file = person.put(bucket, "model.blend", old[: 2 * MIB] + b"x" * MIB + b"y" * 10)
    person.put(bucket, "copy.blend", old[:MIB])
    panel = details(page, bucket, file)
    name = "4 parts in order: 2 are shared with the version before or other files, 2 are only in this version"
    chart = panel.get_by_role("img", name=name)
    expect(chart).to_be_visible()
    expect(panel.get_by_text("2 only here, so this version took 1.0 MB")).to_be_visible()
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_text("in the version before, in 1 other file of yours")).to_be_visible()
    page.keyboard.press("End")
    expect(panel.get_by_text(re.compile("Part 4: 10 bytes, [0-9a-f]{8}, only here"))).to_be_visible()
    panel.get_by_text("Show as table").click()
    expect(panel.get_by_role("row")).to_have_count(5)
    expect(panel.get_by_role("row").nth(4)).to_contain_text("10 bytes")


def test_a_damaged_part_is_crossed_out_and_the_status_says_why(
    server: SignedInServer, sit_down: Callable[..., Person]
) -> None:
    person = sit_down(server)
    page, bucket = person.page, person.bucket()
    file = person.put(bucket, "hut.blend", b"stones that show the way back")
    wait_until(lambda: person.http.get(f"/files/{file}").json()["sync_status"] == "completed")
    (block,) = block_files(server.data)
    block.chmod(0o600)
    block.write_bytes(bytes(29))
    panel = details(page, bucket, file)
    panel.get_by_role("button", name="Verify now").click()
    wait_until(lambda: person.http.get(f"/files/{file}").json()["sync_status"] == "failed")
    page.reload()
    expect(panel.get_by_text("Failed: damaged")).to_be_visible()
    expect(panel.get_by_role("img", name=re.compile("1 are missing or damaged"))).to_be_visible()
    expect(panel.get_by_text("1 missing or damaged")).to_be_visible()
    looks.check(page, "details-damaged", widths=())


@pytest.mark.full
def test_a_folder_and_a_selection_are_counted(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "site/a.txt", b"1" * 1000)
    person.put(bucket, "site/deep/b.txt", b"2" * 2000)
    person.put(bucket, "c.txt", b"3" * 3000)
    panel = details(page, bucket, "site/")
    expect(panel.get_by_text("3 kB")).to_be_visible()
    page.goto(f"/b/{bucket}/?details=")
    expect(panel.get_by_text("6 kB")).to_be_visible()
    page.get_by_role("row", name=re.compile("c.txt")).focus()
    page.keyboard.press("Control+a")
    expect(panel.get_by_text("1 folder, 1 file")).to_be_visible()
    expect(panel.get_by_text("6 kB together")).to_be_visible()
    looks.check(page, "details-many")


def test_several_things_are_saved_as_one_archive_by_the_browser(person: Person, page: Page) -> None:
    bucket = person.bucket()
    files = {"site/a.txt": b"one", "site/deep/größe & co.txt": b"two", "c.txt": b"three" * 1000}
    for path, content in files.items():
        person.put(bucket, path, content)
    panel = details(page, bucket, "")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    assert found == files
    expect(page).to_have_url(re.compile(f"/b/{bucket}/"))


@pytest.mark.full
def test_an_archive_of_what_is_gone_is_told_and_the_page_stays(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "site/a.txt")
    panel = details(page, bucket, "site/")
    expect(panel.get_by_text("Files")).to_be_visible()
    assert person.http.delete(f"/buckets/{bucket}", params={"recursive": True}).status_code == 202
    panel.get_by_role("button", name="Download").click()
    expect(page.get_by_role("status").get_by_text("The archive could not be made")).to_be_visible()


@pytest.mark.full
def test_on_the_phone_the_panel_fills_the_screen_and_gives_the_focus_back(
    person: Person, sit_down: Callable[..., Person]
) -> None:
    phone = sit_down(person.server, width=390)
    bucket = phone.bucket()
    file = phone.put(bucket, "notes.txt")
    panel = details(phone.page, bucket, file)
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    expect(panel.get_by_role("heading", name="Details")).to_be_focused()
    phone.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
