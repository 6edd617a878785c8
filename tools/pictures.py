"""The pictures of the page in docs/pictures: `python -m tools.pictures`, where tools/page.sh and tools/test_servers.sh have run.

A server of its own with a small house in it: a folder of a building project, one file of which is damaged on the disk.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.end_to_end.client_of import block_files
from tests.page.conftest import SWITCHES, chromium_program
from tests.page.contents import pdf, wav
from tests.page.person import PASSWORD, Person
from tests.page.uploading import MIB, Line, await_share, choose, random_file, tray
from tests.servers.cairn_server import SignedInServer, running_server
from tools.house_pictures import PLAN, jpeg

PICTURES = Path("docs/pictures")
EMAIL = "lena@example.org"
QUOTA = "2000000000"
FOLDER = "Hut at Tre Cime/"
DAMAGED = "hut-model-v7.blend"
LONG = 60_000  # milliseconds
_LARGE = {
    "flight-over-the-site.mp4": ("video/mp4", 38.4),
    DAMAGED: ("application/octet-stream", 21.6),
    "point-cloud-2026-11.tar.zst": ("application/zstd", 62.7),
    "Cost estimate, third revision, with the changes that the surveyor asked for (signed by both).xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        0.412,
    ),
}
_SMALL = {
    "structure-notes.md": b"# Snow load\n\nThe north roof carries 4.2 kN a square metre.\n" * 240,
    'Drawings/section <A> & "B".dxf': b"0\nSECTION\n" * 9000,
    "عقود ومراسلات/عقد البناء.txt": b"contract",
}


def fill(person: Person, browser: Browser) -> str:
    """Put everything into the house; the name of its first bucket."""
    studio, *_, backup = [
        person.bucket(title) for title in ("Studio", "Family photos", "Invoices", "Recordings", "workshop-pc backup")
    ]
    for name, (kind, size) in _LARGE.items():
        content = os.urandom(int(size * 1_000_000))
        person.put(studio, FOLDER + name, content, kind)
        if name != DAMAGED:
            person.put(backup, name, content, kind)
    for name, content in _SMALL.items():
        person.put(studio, FOLDER + name, content, "text/plain")
    for number in range(14):
        person.put(studio, f"{FOLDER}Site photos/IMG_{2231 + number}.jpg", os.urandom(400_000), "image/jpeg")
    paintings = {"approach-at-dawn.jpg": "dawn", "ridge-from-the-east.jpg": "day", "hut-by-night.jpg": "night"}
    for name, look in paintings.items():
        person.put(studio, FOLDER + name, jpeg(browser, look), "image/jpeg")
    person.put(studio, FOLDER + "ground-floor.svg", PLAN.encode(), "image/svg+xml")
    person.put(studio, FOLDER + "wind-at-the-saddle.wav", wav(), "audio/wav")
    permit = person.put(studio, FOLDER + "Building permit.pdf", pdf("Building permit"), "application/pdf")
    person.http.patch(f"/files/{permit}", json={"tags": {"state": "signed"}}).raise_for_status()
    return studio


def damage(person: Person, bucket: str) -> None:
    """Turn a bit of a block that only DAMAGED has, and have the file read again."""
    block = hashlib.sha256(person.content(bucket, FOLDER + DAMAGED)[:MIB]).hexdigest()
    path = next(path for path in block_files(person.server.data) if path.name.startswith(block))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    person.http.post(f"/buckets/{bucket}/verify").raise_for_status()


def show(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text(re.compile("· 1 failed$"))).to_be_visible(timeout=LONG)
    expect(page.locator("main img")).to_have_count(4, timeout=LONG)


def take(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


@contextmanager
def sitting(browser: Browser, server: SignedInServer, *, dark: bool, phone: bool = False) -> Iterator[Page]:
    """A window of Lena's."""
    size = (390, 844) if phone else (1440, 900)
    context = browser.new_context(
        base_url=server.url, viewport={"width": size[0], "height": size[1]}, has_touch=phone, locale="en-GB",
        color_scheme="dark" if dark else "light", reduced_motion="reduce",
    )  # fmt: skip
    context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}, fail_on_status_code=True)
    try:
        yield context.new_page()
    finally:
        context.close()


def take_all(browser: Browser, server: SignedInServer, folder: Path) -> None:
    token = server.add_user(EMAIL, PASSWORD)
    server.cairn("user", "quota", EMAIL, QUOTA)
    with sitting(browser, server, dark=False) as page, server.http(token) as http:
        person = Person(server, page.context, page, EMAIL, http)
        bucket = fill(person, browser)
        damage(person, bucket)
        address = f"/b/{bucket}/{FOLDER}"
        show(page, address)
        take(page, "files-light")
        page.goto("/sync-status")
        expect(page.get_by_text(re.compile("^One file needs you. The other"))).to_be_visible(timeout=LONG)
        take(page, "sync-status")
        show(page, address)
        Line(page, 6 * MIB)
        names = ("flight-second-pass.mp4", "drone-log.zip", "renderings.tar")
        choose(page, *(random_file(folder / name, (72 - 20 * at) * MIB) for at, name in enumerate(names)))
        await_share(page, 20)
        expect(tray(page).get_by_text("left")).to_be_visible(timeout=LONG)
        take(page, "upload")
    for name, phone in (("files-dark", False), ("phone", True)):
        with sitting(browser, server, dark=not phone, phone=phone) as page:
            show(page, address)
            take(page, name)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as made,
        running_server(Path(made) / "house") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=SWITCHES)
        take_all(browser, server, Path(made))
        browser.close()


if __name__ == "__main__":
    main()
