"""`python -m bench.page_upload [--mebibytes 1024] [--files 10000] [--memory 2048]`: uploading in the page beside `cairn cp`.

Goals: one large file at half the speed of `cairn cp` or better, 10,000 files of 10 KB dropped at 300 a second or more, and while
`--memory` MiB go up the page's memory stays flat: what the renderer holds in the second half is what it held in the first.
"""

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from bench.data import big_file
from bench.workloads import timed_cairn
from tests.page.conftest import SWITCHES, chromium_program
from tests.page.dropping import drag_from_desktop
from tests.page.person import Person
from tests.page.uploading import choose, open_folder, tray
from tests.servers.cairn_server import SignedInServer, running_server

_LONGEST_MILLISECONDS = 3_600_000
_SAMPLE_MILLISECONDS = 500
_MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--memory", type=int, default=2048, metavar="MEBIBYTES", help="0: not measured")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        Console().print(measured(folder, options))
        Console().print("Load before and after:", *(f"{load:.1f}" for load in (before, os.getloadavg()[0])))
    finally:
        shutil.rmtree(folder)


def measured(folder: Path, options: argparse.Namespace) -> Table:
    table = Table("what", "cairn cp", "page", "ratio or rate", "goal")
    with running_server(folder / "server") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=SWITCHES)
        person = Person.register(server, browser.new_context(base_url=server.url))
        for number in range(options.rounds):
            large_file(folder, server, person, options.mebibytes, number, table)
            small_files(folder, server, person, options.files, number, table)
            if options.memory:
                memory(folder, browser, person, options.memory, number, table)
        person.http.close()
        browser.close()
    return table


def large_file(folder: Path, server: SignedInServer, person: Person, mebibytes: int, number: int, table: Table) -> None:
    by_command = timed_cairn(server, "cp", str(big_file(folder, "command", mebibytes)), f"cairn:bench/{number}")
    source = big_file(folder, f"page-{number}", mebibytes)
    bucket = person.bucket(f"Large {number}")
    open_folder(person, bucket)
    started = time.perf_counter()
    choose(person.page, source)
    by_page = until_done(person.page, started)
    assert person.paths(bucket) == [source.name]
    table.add_row(
        f"{mebibytes} MiB", f"{by_command:.1f} s", f"{by_page:.1f} s", f"{by_command / by_page:.2f} ×", "0.5 ×"
    )


def small_files(folder: Path, server: SignedInServer, person: Person, count: int, number: int, table: Table) -> None:
    root = folder / f"small-{number}"
    for index in range(count):
        path = root / f"{index // 100:03}" / f"{index:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(10_000))
    by_command = timed_cairn(server, "cp", "-r", str(root), f"cairn:bench/small-{number}")
    for path in root.rglob("*.bin"):
        with path.open("r+b") as changed:
            changed.write(os.urandom(32))
    bucket = person.bucket(f"Small {number}")
    open_folder(person, bucket)
    started = time.perf_counter()
    drag_from_desktop(person.page, [root])
    seconds = until_done(person.page, started)
    assert len(person.paths(bucket)) == count
    table.add_row(
        f"{count:,} files of 10 KB", f"{by_command:.1f} s", f"{seconds:.1f} s", f"{count / seconds:.0f} a second", "300"
    )


def memory(folder: Path, browser: Browser, person: Person, mebibytes: int, number: int, table: Table) -> None:
    """Of the page while one file goes up: its scripts' heap, and all that the renderer's process holds, its workers' memory with it."""
    source = big_file(folder, f"memory-{number}", mebibytes)
    bucket = person.bucket(f"Memory {number}")
    open_folder(person, bucket)
    sample = sampler(browser, person.page)
    began = sample()
    choose(person.page, source)
    heading = tray(person.page).get_by_role("heading")
    expect(heading).to_be_visible()
    samples = []
    while not re.match("Uploaded", heading.inner_text()):
        samples.append(sample())
        person.page.wait_for_timeout(_SAMPLE_MILLISECONDS)
    assert person.paths(bucket) == [source.name]
    source.unlink()
    for which, what in enumerate(("scripts' heap", "renderer's memory")):
        values = [one[which] / _MIB for one in samples]
        halves = values[: len(values) // 2], values[len(values) // 2 :]
        first, second = (statistics.median(half) for half in halves)
        line = " ".join(f"{value:.0f}" for value in values[:: max(1, len(values) // 10)])
        table.add_row(
            f"{mebibytes} MiB: {what}, MiB",
            "",
            f"{began[which] / _MIB:.0f} before; {line}",
            f"second half {second / first:.2f} × the first, {max(values):.0f} at most",
            "flat",
        )


def sampler(browser: Browser, page: Page) -> Callable[[], tuple[int, int]]:
    """What asks for bytes of scripts' heap, and resident ones of the largest renderer: no other one has work."""
    of_page, of_browser = page.context.new_cdp_session(page), browser.new_browser_cdp_session()
    of_page.send("Performance.enable")

    def sample() -> tuple[int, int]:
        metrics = {one["name"]: one["value"] for one in of_page.send("Performance.getMetrics")["metrics"]}
        processes = of_browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return int(metrics["JSHeapUsedSize"]), max(
            resident(one["id"]) for one in processes if one["type"] == "renderer"
        )

    return sample


def resident(process: int) -> int:
    """Bytes; 0 if it has ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except FileNotFoundError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def until_done(page: Page, started: float) -> float:
    expect(tray(page).get_by_role("heading")).to_contain_text("Uploaded", timeout=_LONGEST_MILLISECONDS)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
