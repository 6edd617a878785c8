"""Files with damaged parts: choosing the same file again makes them whole, and makes nothing else of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.person import Person
from tests.page.uploading import MIB, Sent, choose, open_folder, random_file, tray
from tests.servers.cairn_server import SignedInServer


def damage(server: SignedInServer, size: int) -> None:
    """One byte of the first block of `size` bytes is another one now, as of a failing disk."""
    block = next(path for path in (server.data / "blocks").rglob("*") if path.is_file() and path.stat().st_size == size)
    content = bytearray(block.read_bytes())
    content[size // 2] ^= 1
    os.chmod(block, 0o600)  # noqa: PTH101 — blocks are read-only.
    block.write_bytes(content)


def verify_now(page: Page, name: str) -> None:
    page.get_by_role("row").filter(has_text=name).get_by_role("link", name=name).focus()
    page.keyboard.press("Alt+Enter")
    page.get_by_role("button", name="Verify now").click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("size", "block", "said"),
    [
        pytest.param(54_321, 54_321, "Healed. Sent 54 kB", marks=pytest.mark.full),
        (5 * MIB + 77, 77, "Healed. Sent 77 bytes of 5.2 MB, the rest was whole"),
    ],
)
def test_the_same_file_chosen_again_heals_what_is_damaged(
    server: SignedInServer,
    sit_down: Callable[..., Person],
    tmp_path: Path,
    size: int,
    block: int,
    said: str,
) -> None:
    person = sit_down(server)
    page, bucket = person.page, person.bucket()
    source = random_file(tmp_path / "flight.mp4", size)
    file_id = person.put(bucket, source.name, source.read_bytes())
    open_folder(person, bucket)
    damage(server, block)
    verify_now(page, source.name)
    page.get_by_role("link", name="Sync status").first.click()
    expect(page.get_by_text("One file needs you.")).to_be_visible(timeout=60_000)
    open_folder(person, bucket)
    travelling = Sent(page)
    choose(page, source)
    expect(tray(page).get_by_text(said)).to_be_visible()
    assert block <= travelling.bytes() <= block + 100
    expect(page.get_by_role("row").filter(has_text=source.name).get_by_text("Verified")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Sync status").first.click()
    expect(page.get_by_text("Everything is safe.")).to_be_visible(timeout=60_000)
    assert person.content(bucket, source.name) == source.read_bytes()
    assert len(person.http.get(f"/files/{file_id}/versions").json()["items"]) == 1
    assert person.http.get("/uploads").json()["items"] == []
