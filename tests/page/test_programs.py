"""A program of somebody else's asks to be let in, as a browser and the program see it; and it is put out again."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
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

pytestmark = pytest.mark.full


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
    """What it asks for, and what it does with the answer."""

    server: str
    id: str
    redirect_uri: str
    scope: str = "openid files:read offline_access"
    verifier: str = ""

    def asks(self) -> str:
        """Where it sends the browser."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": self.id, "redirect_uri": self.redirect_uri, "response_type": "code", "state": "here",
            "scope": self.scope, "code_challenge": challenge, "code_challenge_method": "S256",
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
        form = {"grant_type": grant, "client_id": self.id, **sent}
        return httpx.post(f"{self.server}/oauth/token", data=form, timeout=60)


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


@pytest.fixture
def program(person: Person, listener: str) -> Program:
    """As the operator registers one that is installed on people's machines."""
    scopes = [f"--scope={scope}" for scope in ("openid", "files:read", "offline_access")]
    made = person.server.cairn(
        "client", "add", "Photo frame", "--public", "--redirect-uri", listener, *scopes, "--json"
    )
    return Program(person.server.url, json.loads(made.stdout)["id"], listener)


def test_a_program_that_is_let_in_works_until_it_is_put_out(person: Person, page: Page, program: Program) -> None:
    person.put(person.bucket("Family"), "ridge.jpg")
    page.goto(program.asks())
    expect(page.get_by_role("heading", name="Let “Photo frame” in?")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    tokens = program.exchange(program.answer(page)["code"])
    with person.server.http(tokens["access_token"]) as http:
        assert [bucket["title"] for bucket in http.get("/buckets").json()["items"]] == ["Family"]
        assert http.post("/buckets", json={"title": "No"}).status_code == 403
    page.goto("/account")
    programs = page.get_by_role("region", name="Programs")
    expect(programs.get_by_role("listitem")).to_contain_text("Photo frame")
    expect(programs.get_by_role("listitem")).to_contain_text("See your files · Stay connected until you end it")
    check(page, "account-programs")
    programs.get_by_role("button", name="End access").click()
    page.get_by_role("dialog", name="End its access?").get_by_role("button", name="End access").click()
    expect(programs).to_have_count(0)
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    page.goto(program.asks())
    expect(page.get_by_role("button", name="Allow")).to_be_visible()


def test_a_program_that_is_denied_hears_so_and_is_not_remembered(person: Person, page: Page, program: Program) -> None:
    page.goto(program.asks())
    page.get_by_role("button", name="Deny").click()
    assert program.answer(page)["error"] == "access_denied"
    assert person.http.get("/grants").json()["items"] == []


def test_a_program_that_can_prove_itself_is_asked_about_once(person: Person, page: Page, listener: str) -> None:
    client, _ = person.server.add_client(listener)
    program = Program(person.server.url, client, listener, "openid files offline_access")
    page.goto(program.asks())
    page.get_by_role("button", name="Allow").click()
    assert program.answer(page)["code"]
    page.goto(f"/b/{person.bucket()}/")
    page.evaluate("(to) => { location.href = to; }", program.asks())
    assert program.answer(page)["code"]
