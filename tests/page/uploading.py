"""What tests of uploading share: the tray, a line that is slow on purpose, and how much travels."""

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, Request, expect

from tests.page.person import Person

MIB = 1024 * 1024
LONG = 120_000


def open_folder(person: Person, bucket: str, prefix: str = "") -> None:
    person.page.goto(f"/b/{bucket}/{prefix}")
    expect(person.page.get_by_role("button", name="Upload", exact=True)).to_be_visible()


def tray(page: Page) -> Locator:
    return page.get_by_role("region", name="Uploads")


def button(page: Page, name: str) -> Locator:
    return tray(page).get_by_role("button", name=name, exact=True)


def await_done(page: Page) -> None:
    expect(tray(page).get_by_role("heading")).to_have_text(re.compile("^Uploaded"), timeout=LONG)


def await_share(page: Page, least: int) -> None:
    """Until the only upload has `least` percent."""
    page.wait_for_function(
        "(least) => Number(document.querySelector('[role=progressbar][aria-valuetext]')?.ariaValueNow) >= least",
        arg=least,
        timeout=LONG,
    )


def share(page: Page) -> int:
    return int(tray(page).get_by_role("progressbar").first.get_attribute("aria-valuenow") or 0)


def choose(page: Page, *paths: Path, control: str = "Upload") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=control, exact=True).click()
    chooser.value.set_files(list(paths))


def random_file(path: Path, size: int) -> Path:
    with path.open("wb") as out:
        for at in range(0, size, MIB):
            out.write(os.urandom(min(MIB, size - at)))
    return path


class Line:
    """What a page goes up by: as slow as one says, or cut."""

    def __init__(self, page: Page, bytes_a_second: int = -1) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self.limit(bytes_a_second)

    def limit(self, bytes_a_second: int = -1) -> None:
        self._emulate(False, bytes_a_second)

    def cut(self) -> None:
        self._emulate(True, -1)

    def _emulate(self, is_cut: bool, up: int) -> None:
        limits = {"offline": is_cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": up}
        self._session.send("Network.emulateNetworkConditions", limits)


class Sent:
    """The bodies of blocks that a page sends from now on."""

    def __init__(self, page: Page) -> None:
        self._requests: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "POST" and re.search(r"/uploads/[^/]+/chunks$", request.url):
            self._requests.append(request)

    def bytes(self) -> int:
        return sum(int(request.all_headers().get("content-length", 0)) for request in self._requests)
