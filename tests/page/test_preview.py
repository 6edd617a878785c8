"""Files shown over the page: pictures, text, documents, sound and film; what they hold never runs."""

import base64
import re

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.page import looks
from tests.page.contents import pdf, png, wav
from tests.page.person import Person

_EVIL = "fetch('/api/v1/me?stolen');alert(1);document.title='ran';"

_EVIL_PICTURE = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{_EVIL}"><script>{_EVIL}</script>'
    '<image href="/api/v1/me?stolen" width="9" height="9"/></svg>'
)


def show(page: Page, bucket: str, file: str) -> Locator:
    page.goto(f"/b/{bucket}/?preview={file}")
    preview = page.get_by_role("dialog", name=re.compile("Preview of"))
    expect(preview).to_be_visible()
    return preview


def test_a_picture_is_shown_and_the_arrows_lead_through_the_list(person: Person, page: Page) -> None:
    bucket = person.bucket()
    first = person.put(bucket, "a-ridge.png", png(), "image/png")
    person.put(bucket, "b-notes.txt", "Größe\n".encode(), "text/plain")
    person.put(bucket, "c-model.blend", b"\0\1\2", "application/x-blender")
    preview = show(page, bucket, first)
    expect(preview.get_by_role("img", name="a-ridge.png")).to_have_js_property("naturalWidth", 64)
    expect(preview.get_by_role("button", name="Close preview")).to_be_focused()
    looks.check(page, "preview-picture")
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_role("region", name="b-notes.txt")).to_have_text("Größe")
    looks.check(page, "preview-text", widths=())
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_text("This file cannot be shown here")).to_be_visible()
    with page.expect_download() as download:
        preview.get_by_role("button", name="Download").last.click()
    assert download.value.suggested_filename == "c-model.blend"
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_text("3 of 3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(preview.get_by_role("region")).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(page).not_to_have_url(re.compile("preview"))


@pytest.mark.full
def test_focus_goes_back_to_the_file_that_was_opened(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "notes.txt", b"The hut stands on rock.", "text/plain")
    page.goto(f"/b/{bucket}/")
    page.get_by_role("row", name=re.compile("notes.txt")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="notes.txt")).to_have_text("The hut stands on rock.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name=re.compile("notes.txt"))).to_be_focused()


def test_of_a_long_text_the_first_mebibyte_is_read_and_latin_1_is_recognised(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "log.txt", "grün\n".encode("latin-1") * 300_000, "text/plain")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.url.endswith("/content") else None)
    preview = show(page, bucket, file)
    expect(preview.get_by_text("The first 1.0 MB of 1.5 MB. Read as Latin-1.")).to_be_visible(timeout=15_000)
    assert [(answer.status, answer.headers["content-length"]) for answer in answers] == [(206, "1048576")]


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("page.html", f'<script>{_EVIL}</script><img src=x onerror="{_EVIL}">'.encode(), "text/html"),
        (
            "picture.svg",
            _EVIL_PICTURE.encode(),
            "image/svg+xml",
        ),
        ("polyglot.png", f"<!doctype html><script>{_EVIL}</script>".encode(), "image/png"),
        ("GIF89a.gif", f"GIF89a/*\1\0\1\0*/=1;{_EVIL}".encode(), "text/javascript"),
        (
            "document.pdf",
            pdf("Permit", script="app.alert\\(1\\); app.launchURL\\('/api/v1/me?stolen'\\);"),
            "application/pdf",
        ),
        (
            "page.xhtml",
            f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{_EVIL}</script></html>'.encode(),
            "application/xhtml+xml",
        ),
    ],
)
def test_what_a_file_holds_never_runs(person: Person, page: Page, name: str, content: bytes, content_type: str) -> None:
    bucket = person.bucket()
    file = person.put(bucket, name, content, content_type)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"{name} opened a dialog: {dialog.message}"))
    preview = show(page, bucket, file)
    shown = preview.locator("pre, img, canvas, h2:text('cannot be shown')").first
    expect(shown).to_be_visible()
    # What ran would have asked before this answer is here.
    page.evaluate("fetch('/api/v1/me').then((answer) => answer.text())")
    expect(page).to_have_title(re.compile("Cairn"))
    assert [url for url in asked if "stolen" in url or not url.startswith((person.server.url, "blob:"))] == []


def test_a_file_opened_at_its_own_address_is_saved_and_not_shown(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "page.html", f"<script>{_EVIL}</script>".encode(), "text/html")
    page.goto(f"/b/{bucket}/")
    with page.expect_download() as download:
        page.evaluate(f"location.href = '/api/v1/buckets/{bucket}/content/page.html'")
    assert download.value.suggested_filename == "page.html"
    expect(page).to_have_title(re.compile("Cairn"))


def test_a_pdf_is_drawn_page_by_page_and_read_out(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "permit.pdf", pdf("Building permit", pages=3), "application/pdf")
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url) if "PdfView" in request.url else None)
    page.goto(f"/b/{bucket}/")
    expect(page.get_by_role("row", name=re.compile("permit.pdf"))).to_be_visible()
    assert scripts == [], "the list does without it"
    preview = show(page, bucket, file)
    expect(preview.get_by_role("img", name="Page 3 of 3")).to_be_attached()
    expect(preview.get_by_text("Building permit").first).to_be_attached()
    drawn = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .some((byte, place) => place % 4 < 3 && byte < 128)"""
    assert preview.get_by_role("img", name="Page 1 of 3").evaluate(drawn)
    looks.check(page, "preview-pdf")


@pytest.mark.full
def test_a_japanese_pdf_is_read_by_tables_that_are_asked_for_only_then(person: Person, page: Page) -> None:
    bucket = person.bucket()
    plain = person.put(bucket, "permit.pdf", pdf("Building permit"), "application/pdf")
    japanese = person.put(bucket, "license.pdf", pdf("建築許可証", japanese=True), "application/pdf")
    tables: list[str] = []
    page.on("request", lambda request: tables.append(request.url) if ".bcmap" in request.url else None)
    expect(show(page, bucket, plain).get_by_text("Building permit")).to_be_attached()
    assert tables == []
    expect(show(page, bucket, japanese).get_by_text("建築許可証")).to_be_attached()
    assert all("/assets/" in table for table in tables)
    assert {table.rpartition("/")[2][:11] for table in tables} >= {"90ms-RKSJ-H", "Adobe-Japan"}


@pytest.mark.full
def test_what_is_no_pdf_says_so(person: Person, page: Page) -> None:
    bucket = person.bucket()
    file = person.put(bucket, "broken.pdf", b"%PDF-1.7 and then nothing", "application/pdf")
    expect(show(page, bucket, file).get_by_text("This file cannot be shown here")).to_be_visible()


def test_film_and_sound_play_by_ranges(person: Person, page: Page) -> None:
    bucket = person.bucket()
    page.goto("/")
    film = base64.b64decode(page.evaluate(_RECORD))
    files = [
        (person.put(bucket, "flight.webm", film, "video/webm"), "video"),
        (person.put(bucket, "wind.wav", wav(), "audio/wav"), "audio"),
    ]
    for file, kind in files:
        with page.expect_response(lambda answer: answer.status == 206):
            media = show(page, bucket, file).locator(kind)
        expect(media).to_have_js_property("error", None)
        media.evaluate("media => media.readyState || new Promise((done) => { media.onloadedmetadata = done; })")
    seek = "audio => new Promise((done) => { audio.onseeked = () => done(audio.currentTime); audio.currentTime = 50; })"
    assert page.locator("audio").evaluate(seek) == pytest.approx(50, abs=1)


# Chromium makes the film itself: WebM of a canvas that changes.
_RECORD = """async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const ended = new Promise((done) => { recorder.onstop = done; });
    recorder.start();
    for (let frame = 0; frame < 12; frame += 1) {
        context.fillRect(frame * 10, 0, 8, 80);
        await new Promise(requestAnimationFrame);
        await new Promise((next) => setTimeout(next, 40));
    }
    recorder.stop();
    await ended;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}"""


@pytest.mark.full
def test_in_a_list_pictures_stand_small_and_no_row_moves(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "ridge.png", png(400, 300), "image/png")
    person.put(bucket, "broken.png", b"no picture", "image/png")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/content", hold)
    page.goto(f"/b/{bucket}/")
    row = page.get_by_role("row", name=re.compile("ridge.png"))
    expect(row).to_be_visible()
    before = row.bounding_box()
    for route in held:
        route.continue_()
    page.unroute("**/content", hold)
    page.reload()
    expect(row.locator("img")).to_have_js_property("naturalWidth", 400)
    assert row.bounding_box() == before
    expect(page.get_by_role("row", name=re.compile("broken.png")).locator("img")).to_have_count(0)
