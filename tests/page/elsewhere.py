"""A server whose people sign in at somebody else's provider, and how they do that in a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.servers.cairn_server import SignedInServer, running, signed_in_server
from tests.servers.oidc_provider import OidcProvider


@contextmanager
def beside(folder: Path) -> Iterator[tuple[SignedInServer, OidcProvider]]:
    """A server whose people may sign in at a provider, which does not run yet."""
    provider = OidcProvider("")
    server = signed_in_server(folder, **provider.environment)
    provider.cairn_url = server.url
    try:
        with running(server):
            yield server, provider
    finally:
        provider.close()


def sign_in(page: Page, name: str) -> None:
    page.get_by_role("link", name="Sign in with Elsewhere").click()
    sign_in_there(page, name)


def sign_in_there(page: Page, name: str) -> None:
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def sign_out(page: Page) -> None:
    """From the account's view. The provider asks before it signs somebody out that it is not shown a token of."""
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("button", name="Yes, sign me out").click()
