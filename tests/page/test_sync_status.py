"""The dashboard: what it says is so, and what is not known it does not say."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.looks import check
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer

SitDown = Callable[..., Person]
LONG = 30_000  # milliseconds; a check takes its turn


def test_all_is_well_once_all_is_checked_and_the_page_says_when_that_was(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    person.page.goto("/sync-status")
    expect(person.page.get_by_text("Everything is safe.")).to_be_visible()
    bucket = person.bucket()
    person.put(bucket, "plan.pdf", b"a plan" * 1000)
    said = person.page.get_by_text(re.compile(r"^Last proved (just now|\d+ minutes? ago)\.$"))
    expect(said).to_be_visible(timeout=LONG)
    expect(person.page.get_by_text("Everything is safe.")).to_be_visible()
    expect(person.page.get_by_text("Nothing waits, nothing failed, nothing is damaged")).to_be_visible(timeout=LONG)
    check(person.page, "sync-status-safe")


def test_damage_on_the_disk_is_told_and_sending_the_file_again_heals_it(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    page, content = person.page, bytes(range(256)) * 1000
    bucket = person.bucket()
    person.put(bucket, "Models/hut.blend", content)
    page.goto("/sync-status")
    expect(page.get_by_text(re.compile("^Last proved"))).to_be_visible(timeout=LONG)
    _damage(server.data / "blocks")
    page.get_by_role("button", name="Check everything now").click()
    expect(page.get_by_text("Checking 1 file", exact=True)).to_be_visible()
    expect(page.get_by_text("One file needs you.")).to_be_visible(timeout=LONG)
    failed = page.get_by_role("region", name="Needs you").get_by_role("listitem")
    expect(failed).to_contain_text(re.compile(r"1 part is damaged( on its only copy)?\."))
    expect(failed.get_by_role("button", name="Retry")).to_be_enabled()
    check(page, "sync-status-damaged")
    failed.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/b/{bucket}/Models/\?details="))
    page.go_back()
    person.put(bucket, "Models/again.blend", content)
    expect(page.get_by_text("Everything is safe.")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("region", name="Healed lately").get_by_role("listitem").first).to_contain_text("hut.blend")


def test_what_the_service_does_not_tell_any_more_is_not_shown_as_known(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    person.page.goto("/sync-status")
    expect(person.page.get_by_text("Everything is safe.")).to_be_visible()
    expect(person.page.get_by_role("heading", name="Health")).to_be_visible()
    server.kill()
    unknown = re.compile(r"^Not known since \d\d:\d\d: the sync service does not answer\.$")
    expect(person.page.get_by_text(unknown)).to_be_visible(timeout=LONG)
    expect(person.page.get_by_text("Everything is safe.")).to_have_count(0)
    expect(person.page.get_by_role("heading", name="Health")).to_have_count(0)
    expect(person.page.get_by_role("button", name="Check everything now")).to_be_disabled()


@pytest.mark.full
def test_a_store_that_is_away_is_told_with_since_when_and_ends_by_itself(
    server: SignedInServer, sit_down: SitDown
) -> None:
    person = sit_down(server)
    person.put(person.bucket(), "plan.pdf", b"a plan" * 1000)
    page, blocks = person.page, server.data / "blocks"
    page.goto("/sync-status")
    expect(page.get_by_text("Everything is safe.")).to_be_visible(timeout=LONG)
    # As where a disk is not mounted: the folder is there, and nothing of the store in it.
    away = blocks.rename(server.data / "away")
    try:
        unknown = re.compile(r"^Not known since \d\d:\d\d: the store does not answer\.$")
        expect(page.get_by_text(unknown)).to_be_visible(timeout=2 * LONG)
        expect(page.get_by_text("Everything is safe.")).to_have_count(0)
        expect(page.get_by_role("heading", name="Health")).to_be_visible()
        check(page, "sync-status-store-away", widths=(390, 1440))
    finally:
        away.rename(blocks)
    expect(page.get_by_text("Everything is safe.")).to_be_visible(timeout=2 * LONG)


def test_a_person_sees_their_own_files_only_and_nothing_that_is_for_administrators(
    person: Person, cairn: SignedInServer, sit_down: SitDown
) -> None:
    other = sit_down(cairn)
    person.put(person.bucket("Mine"), "mine.txt")
    other.page.goto("/sync-status")
    expect(other.page.get_by_text("There are no files yet.")).to_be_visible()
    expect(other.page.get_by_role("heading", name="Workers")).to_have_count(0)
    expect(other.page.get_by_text("mine.txt")).to_have_count(0)


def test_the_dashboard_holds_on_the_phone(cairn: SignedInServer, sit_down: SitDown) -> None:
    page: Page = sit_down(cairn, width=390, height=844, dark=True, touch=True).page
    page.goto("/sync-status")
    expect(page.get_by_text("Everything is safe.")).to_be_visible()
    check(page, "sync-status-phone", widths=(320, 390))


def _damage(blocks: Path) -> None:
    """Turn bits of every block that is stored."""
    found = [path for path in blocks.rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert found
    for path in found:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.chmod(0o600)
        path.write_bytes(content)
