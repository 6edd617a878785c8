"""A program of somebody else's asks to be let in, as a browser and the program see it; and it is put out again."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.page.looks import check
from tests.page.person import Person


class _Loopback(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"back at the program")

    def log_message(self, *_: Any) -> None:
        """Not into the tests' output."""


@dataclass
class Program:
    """One that is installed on the person's machine, or not, and listens there for its answer (RFC 8252, 7.3)."""

    server: str
    id: str
    secret: str | None
    redirect_uri: str
    verifier: str = ""

    def asks(self) -> str:
        """Where it sends the browser."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": self.id, "redirect_uri": self.redirect_uri, "response_type": "code", "state": "here",
            "scope": "openid files:read offline_access", "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return f"/oauth/authorize?{urlencode(asked)}"

    def answer(self, page: Page) -> dict[str, str]:
        page.wait_for_url(f"{self.redirect_uri}?**")
        expect(page.get_by_text("back at the program")).to_be_visible()
        return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}

    def exchange(self, code: str) -> dict[str, Any]:
        sent = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        return self._token("authorization_code", **sent).raise_for_status().json()  # type: ignore[no-any-return]

    def refresh(self, token: str) -> httpx.Response:
        return self._token("refresh_token", refresh_token=token)

    def _token(self, grant: str, **sent: str) -> httpx.Response:
        who = {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})
        return httpx.post(f"{self.server}/oauth/token", data={"grant_type": grant, **who, **sent}, timeout=60)


@pytest.fixture
def listener() -> Iterator[str]:
    """The address of a program on this machine that waits for its answer."""
    server = HTTPServer(("127.0.0.1", 0), _Loopback)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/done"
    server.shutdown()
    thread.join()
    server.server_close()


Register = Callable[..., Program]


@pytest.fixture
def register(person: Person, listener: str) -> Register:
    """`register("Photos", "--public")`: a program, as the operator registers it."""

    def register(name: str, *options: str) -> Program:
        made = person.server.cairn(
            "client", "add", name, *options, "--redirect-uri", listener,
            "--scope", "openid", "--scope", "files:read", "--scope", "offline_access", "--json",
        )  # fmt: skip
        print(made.stdout)
        return Program(person.server.url, "", None, listener)

    return register
