"""`python -m bench.page_speed [--entries 100000]`: how quickly the page's list is there, what is loaded for it, how smoothly it scrolls.

Chromium, its processor four times slowed, a cold cache, a folder of 1,000 files on a one-process server; beside it, in the same run,
an empty document of the same server, which is the least that any page takes. Then a folder of `--entries` is scrolled, not slowed.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.page.conftest import SWITCHES, chromium_program
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer, running_server, wait_until

ROUNDS, SLOWED = 5, 4
PAINT_GOAL_MILLISECONDS, BUNDLE_GOAL_BYTES, FRAMES_GOAL = 1000.0, 250_000, 50.0
OPERATIONS = 1000  # of one commit
SCROLL_SECONDS = 4

_WHEN_ROWS = """() => new Promise((done) => {
    const look = () => document.querySelector('[role=row][aria-rowindex="3"]') ? done(performance.now()) : requestAnimationFrame(look);
    look();
})"""
_LOADED = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .filter((entry) => !entry.name.includes("/api/")).reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
_SCROLL = """([selector, seconds]) => new Promise((done) => {
    const list = [...document.querySelectorAll(selector)].find((one) => one.scrollHeight > 100 * one.clientHeight);
    const frames = [], start = performance.now();
    let blank = 0;
    const step = (now) => {
        frames.push(now);
        list.scrollTop = ((now - start) / 1000 / seconds) * 0.2 * list.scrollHeight;
        const middle = list.getBoundingClientRect();
        const seen = document.elementFromPoint(middle.x + middle.width / 2, middle.y + middle.height / 2);
        if (!seen?.closest("[role=row]")) blank += 1;
        if (now - start < seconds * 1000) requestAnimationFrame(step);
        else done([frames.length / seconds, Math.max(...frames.slice(1).map((at, i) => at - frames[i])), blank / frames.length]);
    };
    requestAnimationFrame(step);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args()
    printed = Table("what", "found", "goal", title=f"The page in Chromium, processor {SLOWED} times slowed")
    before = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "server") as server,
        opened() as browser,
    ):
        for row in measured(server, browser, options.entries):
            printed.add_row(*row)
    Console().print(printed)
    Console().print("Load before and after:", *(f"{load:.1f}" for load in (before, os.getloadavg()[0])))


@contextmanager
def opened() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=SWITCHES)
        yield browser
        browser.close()


def measured(server: SignedInServer, browser: Browser, entries: int) -> Iterator[tuple[str, str, str]]:
    person = Person.register(server, browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}))
    bucket = person.bucket("Thousand")
    fill(person, bucket, 1000)
    wait_until(lambda: is_checked(person), seconds=120)  # Otherwise the server's own work would be measured as well.
    cookies = person.context.cookies()
    empty, painted, listed, loaded = [], [], [], 0
    for _ in range(ROUNDS):
        with fresh(browser, server, cookies) as page:
            page.goto("/healthz")
            empty.append(float(page.evaluate("performance.getEntriesByType('navigation')[0].duration")))
        with fresh(browser, server, cookies) as page:
            page.goto(f"/b/{bucket}/", wait_until="commit")
            listed.append(float(page.evaluate(_WHEN_ROWS)))
            painted.append(float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
            page.wait_for_load_state("load")
            loaded = int(page.evaluate(_LOADED))
    yield "an empty document of the same server", f"{statistics.median(empty):.0f} ms", ""
    yield "first paint", f"{statistics.median(painted):.0f} ms", f"< {PAINT_GOAL_MILLISECONDS:.0f} ms"
    yield (
        "the list of 1,000 files is there",
        f"{statistics.median(listed):.0f} ms",
        f"< {PAINT_GOAL_MILLISECONDS:.0f} ms",
    )
    yield "loaded for it, packed", f"{loaded / 1000:.0f} kB", f"≤ {BUNDLE_GOAL_BYTES / 1000:.0f} kB"
    page, large = person.page, person.bucket("Large")
    fill(person, large, entries)
    wait_until(lambda: is_checked(person), seconds=900)
    page.goto(f"/b/{large}/")
    page.evaluate(_WHEN_ROWS)
    wait_until(lambda: int(page.get_by_role("grid").get_attribute("aria-rowcount") or 0) >= entries, seconds=300)
    frames, longest, blank = page.evaluate(_SCROLL, ["*", SCROLL_SECONDS])
    yield (
        f"{entries:,} entries scrolled",
        f"{frames:.0f} frames/s, the longest {longest:.0f} ms",
        f"≥ {FRAMES_GOAL:.0f} frames/s",
    )
    yield "frames without rows in the middle", f"{100 * blank:.0f} %", "0 %"


@contextmanager
def fresh(browser: Browser, server: SignedInServer, cookies: list[dict[str, object]]) -> Iterator[Page]:
    """A page with nothing in its caches, on a slowed processor."""
    context: BrowserContext = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies)  # type: ignore[arg-type]  # As the browser gave them.
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    yield page
    context.close()


def is_checked(person: Person) -> bool:
    """Whether nothing of theirs waits to be verified."""
    return bool(person.http.get("/sync/summary").json()["sentence"]["checking"] == 0)


def fill(person: Person, bucket: str, count: int) -> None:
    """`count` empty files, a thousand a commit."""
    for first in range(0, count, OPERATIONS):
        operations = [
            {"op": "put", "path": f"file-{number:06}.txt", "chunks": [], "base_version": None}
            for number in range(first, min(first + OPERATIONS, count))
        ]
        answer = person.http.post(f"/buckets/{bucket}/commits", json={"operations": operations})
        assert answer.status_code == 200, answer.text


if __name__ == "__main__":
    main()
