"""Writes everything in docs/ that is made from the product itself: `python -m tools.docs`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from cairn.serve import ADMIN
from tests.servers.cairn_server import SignedInServer, running_server
from tools import api_examples, api_page, cli_page, configuration, problems
from tools.api_examples import Recorder, masked
from tools.api_walk import V1, administration, letting_programs_in, walk

PASSWORD = "correct horse battery"  # noqa: S105 — of the walk's own user, on a server that ends with it.


def recorded(server: SignedInServer) -> dict[str, Any]:
    """One exchange of each operation with `server`, whose user owns nothing yet."""
    with _recorder(server, server.token) as api, _recorder(server, server.add_token(ADMIN, "admin")) as admin:
        walk(api, admin, server.email, PASSWORD)
        administration(admin, api.exchanges[f"GET {V1}/me"]["answer"]["user_id"])
    with _browser(server) as browser:
        server.add_user("programs@example.org", PASSWORD)  # The walk's own has another password by now.
        letting_programs_in(browser, {"email": "programs@example.org", "password": PASSWORD}, server.add_client())
    names = {server.url: "https://cairn.example.org", server.email: "ada@example.org"}
    return masked(api.exchanges | admin.exchanges | browser.exchanges, names)


@contextmanager
def _recorder(server: SignedInServer, token: str) -> Iterator[Recorder]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        yield Recorder(http)


@contextmanager
def _browser(server: SignedInServer) -> Iterator[Recorder]:
    """Signed in by its cookie, as the page is."""
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as http:
        yield Recorder(http)


def specification(server: SignedInServer) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{server.url}/openapi.json", timeout=60).json()
    return document


@contextmanager
def _server() -> Iterator[SignedInServer]:
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        yield server


def main() -> None:
    problems.PAGE.write_text(problems.page())
    configuration.PAGE.write_text(configuration.page())
    cli_page.PAGE.write_text(cli_page.page())
    with _server() as server:
        api_examples.FILE.write_text(api_examples.written(recorded(server)))
    with _server() as server:  # Another one: a server reads the examples when it starts.
        document = specification(server)
    api_page.SPECIFICATION.write_text(api_page.specification_text(document))
    api_page.PAGE.write_text(api_page.page(document))


if __name__ == "__main__":
    main()
