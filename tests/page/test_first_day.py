"""A first day with Cairn, from making an account to signing out, with a reload and a damaged disk in the middle."""

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.page.conftest import SCREENSHOTS
from tests.page.dropping import drag_from_desktop
from tests.page.elsewhere import beside, sign_in, sign_out
from tests.page.person import PASSWORD, go_back
from tests.page.uploading import Sent, share
from tests.servers.cairn_server import SignedInServer, running_server

pytestmark = pytest.mark.full

LARGE_MEBIBYTES = 2048
MINUTES = 60_000


def sparse_with_landmarks(path: Path, mebibytes: int) -> Path:
    """A large file, every block of it different, made quickly."""
    dice = random.Random(mebibytes)
    with path.open("wb") as file:
        for number in range(mebibytes):
            file.write(dice.randbytes(4096) + number.to_bytes(8))
            file.seek((number + 1) * 1024 * 1024)
        file.truncate()
    return path


def damage(server: SignedInServer, size: int) -> Path:
    """One byte of a block of `size` bytes is another one now, as of a failing disk."""
    block = next(path for path in (server.data / "blocks").rglob("*") if path.is_file() and path.stat().st_size == size)
    content = bytearray(block.read_bytes())
    content[size // 2] ^= 1
    os.chmod(block, 0o600)  # noqa: PTH101 — blocks are read-only.
    block.write_bytes(content)
    return block


def uploads_done(page: Page, minutes: float = 10) -> None:
    heading = page.get_by_role("region", name="Uploads").get_by_role("heading")
    expect(heading).to_have_text(re.compile("^Uploaded"), timeout=minutes * MINUTES)


class Day:
    """What happens one after the other, each step with a picture of its end."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._pictures = 0

    def picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"first-day-{self._pictures:02}-{name}.png")
        self._pictures += 1

    def choose(self, file: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Upload", exact=True).click()
        chooser.value.set_files([file])

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=name)

    def act(self, name: str, action: str) -> None:
        self.row(name).click(button="right")
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    def go_to(self, place: str) -> None:
        self.page.get_by_role("navigation", name="Places").get_by_role("link", name=place).first.click()

    def come_in(self) -> None:
        """A new person, where they want to be."""
        page = self.page
        page.goto("/")
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("heading", name="Create account")).to_be_visible()
        page.get_by_label("E-mail").fill("lena@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()

    def leave(self) -> None:
        self.page.get_by_role("button", name="Sign out", exact=True).first.click()
        expect(self.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()

    def make_a_bucket(self) -> None:
        page = self.page
        page.get_by_role("button", name="New bucket").first.click()
        page.get_by_label("Name", exact=True).fill("Studio")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Studio")).to_be_visible()
        self.picture("first-bucket")

    def send_a_large_file_with_a_reload_half_way(self, large: Path) -> None:
        self.choose(large)
        progress = self.page.get_by_role("region", name="Uploads").get_by_role("progressbar").first
        expect(progress).to_have_attribute("aria-valuenow", re.compile("^[4-9][0-9]$"), timeout=10 * MINUTES)
        self.picture("half-way")
        self.page.once("dialog", lambda question: question.accept())
        self.page.reload()
        expect(self.page.get_by_text("Choose the file again to go on")).to_be_visible(timeout=MINUTES)
        self.picture("after-the-reload")
        here, sent = share(self.page), Sent(self.page)
        self.choose(large)
        uploads_done(self.page)
        assert 0 < sent.bytes() <= (1.01 - here / 100) * large.stat().st_size, "what was here was sent again"
        expect(self.row(large.name).get_by_text("Verified")).to_be_visible(timeout=5 * MINUTES)
        self.picture("verified")

    def see_damage_and_heal_it(self, server: SignedInServer, file: Path) -> None:
        page = self.page
        damage(server, file.stat().st_size)
        self.row(file.name).click(position={"x": 500, "y": 10})
        page.keyboard.press("Alt+Enter")
        page.get_by_role("button", name="Verify now").click()
        self.go_to("Sync status")
        expect(page.get_by_text("One file needs you.")).to_be_visible(timeout=MINUTES)
        self.picture("damaged")
        self.go_to("Studio")
        self.choose(file)
        self.go_to("Sync status")
        expect(page.get_by_text("Everything is safe.")).to_be_visible(timeout=2 * MINUTES)
        expect(page.get_by_text("All 1,002 files are checked.")).to_be_visible()
        self.picture("healed")
        self.go_to("Studio")

    def delete_undo_and_bring_an_old_version_back(self, name: str) -> None:
        page = self.page
        self.act(name, "Delete")
        expect(self.row(name)).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(self.row(name)).to_be_visible()
        self.act(name, "Versions")
        versions = page.get_by_role("dialog", name=re.compile("Versions"))
        versions.get_by_role("listitem").last.get_by_role("button", name="Restore").click()
        expect(page.get_by_role("status").get_by_text("Restored the version of")).to_be_visible()
        expect(self.row(name)).to_contain_text("11 bytes")
        self.picture("restored")

    def sign_out(self) -> None:
        self.page.goto("/account")
        self.leave()
        for _ in range(3):
            go_back(self.page)
            expect(self.page.get_by_text("notes.md")).to_have_count(0)


class DayElsewhere(Day):
    """The same of somebody who signs in at a foreign provider."""

    def come_in(self) -> None:
        self.page.goto("/")
        sign_in(self.page, "lena")

    def leave(self) -> None:
        sign_out(self.page)
        expect(self.page.get_by_role("link", name="Sign in with Elsewhere")).to_be_visible()


@pytest.fixture(params=[Day, DayElsewhere], ids=["built-in provider", "foreign provider"])
def kind(request: pytest.FixtureRequest) -> type[Day]:
    """Whose provider people sign in at."""
    return cast("type[Day]", request.param)


@pytest.fixture
def server(kind: type[Day], tmp_path: Path) -> Iterator[SignedInServer]:
    if kind is Day:
        with running_server(tmp_path / "server") as alone:
            yield alone
        return
    with beside(tmp_path) as (server, provider):
        provider.start()
        yield server


@pytest.mark.timeout(1500)
def test_a_first_day(browser: Browser, server: SignedInServer, kind: type[Day], tmp_path: Path) -> None:
    folder = tmp_path / "Site photos"
    folder.mkdir()
    for number in range(1000):
        (folder / f"{number:04}.txt").write_bytes(b"photo %d" % number)
    large = sparse_with_landmarks(tmp_path / "flight.mp4", LARGE_MEBIBYTES)
    notes = tmp_path / "notes.md"
    notes.write_bytes(b"first draft")

    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
    day = kind(context.new_page())
    day.come_in()
    day.make_a_bucket()
    drag_from_desktop(day.page, [folder])
    uploads_done(day.page)
    day.choose(notes)
    uploads_done(day.page)
    notes.write_bytes(b"n" * 54_321)
    day.choose(notes)
    day.page.get_by_role("button", name="Replace").click()
    uploads_done(day.page)
    day.send_a_large_file_with_a_reload_half_way(large)
    day.see_damage_and_heal_it(server, notes)
    day.delete_undo_and_bring_an_old_version_back(notes.name)
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    day.sign_out()
    assert httpx.get(f"{server.url}/api/v1/me", cookies=cookies).status_code == 401
    context.close()
