"""Uploads outlast what happens to them: a server that dies, a network that goes, a page or browser that is closed."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.page import looks
from tests.page.conftest import chromium_program
from tests.page.dropping import hand_over
from tests.page.person import PASSWORD, Person
from tests.page.uploading import (
    LONG,
    MIB,
    Line,
    Sent,
    await_done,
    await_share,
    button,
    choose,
    open_folder,
    random_file,
    share,
    tray,
)
from tests.servers.cairn_server import SignedInServer
from tests.servers.tls import chromium_switches


def test_a_server_killed_in_the_middle_and_started_again_gets_the_rest(
    server: SignedInServer, sit_down: Callable[..., Person], tmp_path: Path
) -> None:
    person = sit_down(server)
    page, bucket = person.page, person.bucket()
    large = random_file(tmp_path / "large.bin", 64 * MIB)
    open_folder(person, bucket)
    Line(page, 12 * MIB)
    choose(page, large)
    await_share(page, 25)
    server.kill()
    expect(tray(page).get_by_text("Connection lost. Trying again in")).to_be_visible()
    before = share(page)
    server.start()
    await_done(page)
    assert before >= 25
    assert person.content(bucket, "large.bin") == large.read_bytes()


@pytest.mark.full
def test_without_a_network_it_waits_and_then_goes_on_by_itself(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 32 * MIB)
    open_folder(person, bucket)
    line = Line(page, 2 * MIB)
    choose(page, large)
    await_share(page, 5)
    line.cut()
    expect(tray(page).get_by_text("Waiting for the network").first).to_be_visible()
    line.limit()
    await_done(page)
    assert person.content(bucket, "large.bin") == large.read_bytes()


def test_after_a_reload_the_same_file_goes_on_where_it_was(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 48 * MIB)
    open_folder(person, bucket)
    Line(page, 8 * MIB)
    choose(page, large)
    await_share(page, 40)
    button(page, "Pause").click()
    expect(tray(page).get_by_text("Paused at")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(tray(page).get_by_text("Choose the file again to go on.")).to_be_visible()
    here = share(page)
    assert here >= 40
    sent = Sent(page)
    with page.expect_file_chooser() as chooser:
        button(page, "Resume").click()
    chooser.value.set_files(large)
    await_done(page)
    assert 0 < sent.bytes() <= (1 - here / 100) * 48 * MIB + MIB
    assert person.content(bucket, "large.bin") == large.read_bytes()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(tray(page)).to_have_count(0)


@pytest.mark.full
def test_another_file_is_not_taken_for_the_one_that_was_begun(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 24 * MIB)
    open_folder(person, bucket)
    Line(page, 12 * MIB)
    choose(page, large)
    await_share(page, 10)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    with page.expect_file_chooser() as chooser:
        button(page, "Resume").click()
    chooser.value.set_files(random_file(tmp_path / "other.bin", 5 * MIB))
    expect(tray(page).get_by_text("That is another file.")).to_be_visible()
    assert person.paths(bucket) == []


@pytest.mark.full
def test_after_the_browser_was_closed_dropping_the_same_file_sends_the_rest(
    cairn: SignedInServer, browser: Browser, person: Person, tmp_path: Path
) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 40 * MIB)
    options = {
        "executable_path": chromium_program(),
        "args": ["--no-sandbox", "--disable-gpu", *chromium_switches()],
        "base_url": cairn.url,
    }
    first = browser.browser_type.launch_persistent_context(tmp_path / "profile", **options)  # type: ignore[arg-type]
    try:
        assert first.request.post("/api/v1/auth/login", data={"email": person.email, "password": PASSWORD}).ok
        cookies = first.cookies()
        page = first.new_page()
        page.goto(f"/b/{bucket}/")
        Line(page, 12 * MIB)
        choose(page, large)
        await_share(page, 40)
        button(page, "Pause").click()
        expect(tray(page).get_by_text("Paused at")).to_be_visible()
    finally:
        first.close()
    second = browser.browser_type.launch_persistent_context(tmp_path / "profile", **options)  # type: ignore[arg-type]
    try:
        second.add_cookies(cookies)  # type: ignore[arg-type]
        page = second.new_page()
        page.goto(f"/b/{bucket}/")
        expect(tray(page).get_by_text("Choose the file again to go on.")).to_be_visible()
        sent = Sent(page)
        choose(page, large)
        await_done(page)
        assert 0 < sent.bytes() <= 26 * MIB
    finally:
        second.close()
    assert person.content(bucket, "large.bin") == large.read_bytes()


def test_somebody_else_at_the_same_browser_sees_nothing_of_what_was_begun(
    cairn: SignedInServer, person: Person, page: Page, tmp_path: Path
) -> None:
    open_folder(person, person.bucket())
    Line(page, 8 * MIB)
    choose(page, random_file(tmp_path / "secret.bin", 24 * MIB))
    await_share(page, 10)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(tray(page).get_by_role("listitem").filter(has_text="secret.bin")).to_be_visible()
    other = Person.register(cairn, person.context)
    page.close()
    open_folder(other, other.bucket())
    hand_over(other.page, [("own.txt", b"own")])
    await_done(other.page)
    expect(tray(other.page).get_by_role("listitem")).to_have_text([re.compile("^own.txt")])
    other.http.close()
    other.page.reload()
    expect(other.page.get_by_role("row", name=re.compile("own.txt"))).to_be_visible()
    assert "secret.bin" not in _kept(other.page)


@pytest.mark.full
def test_leaving_the_page_while_something_is_sent_is_warned_of(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    Line(page, 2 * MIB)
    choose(page, random_file(tmp_path / "large.bin", 24 * MIB))
    await_share(page, 1)
    warned: list[str] = []

    def warn(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    page.on("dialog", warn)
    page.reload()
    assert warned == ["beforeunload"]


@pytest.mark.full
@pytest.mark.timeout(1500)
def test_two_gibibytes_arrive_and_the_page_stays_small(person: Person, page: Page, tmp_path: Path) -> None:
    bucket = person.bucket()
    large = random_file(tmp_path / "large.bin", 2048 * MIB)
    open_folder(person, bucket)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def heap() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(metrics["JSHeapUsedSize"])

    choose(page, large)
    used = []
    for percent in (10, 30, 50, 70, 90):
        await_share(page, percent)
        used.append(heap())
    expect(tray(page).get_by_role("heading")).to_have_text("Uploaded 1 file", timeout=10 * LONG)
    assert max(used) < 64 * MIB
    with person.http.stream("GET", f"/buckets/{bucket}/content/large.bin") as answer:
        found = hashlib.sha256()
        for piece in answer.iter_bytes(MIB):
            found.update(piece)
    with large.open("rb") as source:
        assert found.hexdigest() == hashlib.file_digest(source, "sha256").hexdigest()
    os.truncate(large, 0)


@pytest.mark.full
def test_who_signs_out_leaves_nothing_of_their_uploads_in_the_browser_and_is_told_so_before(
    person: Person, page: Page, tmp_path: Path
) -> None:
    bucket = person.bucket()
    open_folder(person, bucket)
    Line(page, 2 * MIB)
    choose(page, random_file(tmp_path / "secret-plan.bin", 24 * MIB))
    await_share(page, 10)
    assert "secret-plan.bin" in _kept(page)
    page.get_by_role("link", name=person.email).click()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    asked = page.get_by_role("dialog", name="Sign out?")
    expect(asked.get_by_text("One upload is not finished.")).to_be_visible()
    looks.check(page, "sign-out-question")
    asked.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert _kept(page) == "[]"


def _kept(page: Page) -> str:
    """Whatever is written down of uploads in this browser."""
    found: str = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const opened = indexedDB.open('cairn-uploads');
            opened.onerror = () => reject(opened.error);
            opened.onsuccess = async () => {
                const tables = [...opened.result.objectStoreNames];
                const reading = opened.result.transaction(tables);
                const all = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
                const rows = await Promise.all(tables.flatMap((name) => [
                    all(reading.objectStore(name).getAll()), all(reading.objectStore(name).getAllKeys())]));
                opened.result.close();
                resolve(JSON.stringify(rows.flat()));
            };
        })"""
    )
    return found
