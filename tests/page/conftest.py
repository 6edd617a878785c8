"""A browser, a server, and people who sit at it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer, running_server
from tests.servers.tls import chromium_switches, is_through_tls
from tests.stack.native_stack import native_stack

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
# On a busy machine what takes a second else may take ten.
expect.set_options(timeout=20_000)
# Kept after the tests; the best of them are the README's.
SCREENSHOTS = Path(os.environ.get("CAIRN_SCREENSHOTS", ".cache/screenshots"))


def chromium_program() -> str:
    """Debian's, installed or unpacked. Raises RuntimeError if there is none: tests fail, they never skip."""
    found = shutil.which("chromium")
    if found is None:
        raise RuntimeError("No Chromium here: run tools/test_servers.sh")
    return found


@contextmanager
def chromium(*, without: list[str] | None = None) -> Iterator[Browser]:
    """A browser; `without`: switches of the driver's own that it is not started with."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium_program(), args=[*SWITCHES, *chromium_switches()], ignore_default_args=without
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one file of tests: while it is open this thread has a running event loop, in which tests of other rooms could not run theirs."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def cairn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    """One server for all tests that only use it; who kills or damages takes `server`, which is theirs alone. By TLS it is `make stack`."""
    if is_through_tls():
        with native_stack(tmp_path_factory.mktemp("page"), CAIRN_REGISTRATION="open") as stack:
            stack.start()
            stack.sign_in()
            yield stack
        return
    with running_server(tmp_path_factory.mktemp("page")) as server:
        yield server


@pytest.fixture
def sit_down(browser: Browser) -> Iterator[Callable[..., Person]]:
    """A new person at a browser of their own: `sit_down(server, width=390, dark=True)`. Errors on the console fail the test."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The network's own words on an answer of 4xx are not a fault of the page.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(f"{message.text} ({message.location})")

    def sit(
        server: SignedInServer, *, width: int = 1440, height: int = 900, dark: bool = False, touch: bool = False
    ) -> Person:
        context = browser.new_context(
            base_url=server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            locale="en-GB",
            timezone_id="Europe/Rome",
        )
        context.set_default_timeout(30_000)
        context.on("console", note)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        people.append(Person.register(server, context))
        return people[-1]

    yield sit
    for context in contexts:
        for page in context.pages:
            # What is answered at this moment fails with its page, in the middle of the next test.
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    for one in people:
        one.http.close()
    assert errors == []


@pytest.fixture
def person(cairn: SignedInServer, sit_down: Callable[..., Person]) -> Person:
    """Somebody who has just signed in at the shared server, and owns nothing."""
    return sit_down(cairn)


@pytest.fixture
def page(person: Person) -> Page:
    return person.page
