"""Somebody with an account and a browser."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from playwright.sync_api import BrowserContext, Error, Page

from tests.servers.cairn_server import SignedInServer

PASSWORD = "correct horse battery"


def go_back(page: Page) -> None:
    """Back. A page out of the browser's memory loads itself anew, which cuts short what the driver waits for."""
    with suppress(Error):
        page.go_back(wait_until="commit")


@dataclass
class Person:
    """`http`: the API, as this person; what a test needs to be there is put there by it, and what the page did is looked up by it."""

    server: SignedInServer
    context: BrowserContext
    page: Page
    email: str
    http: httpx.Client

    @classmethod
    def register(cls, server: SignedInServer, context: BrowserContext) -> "Person":
        """A new account, signed in: the session's cookie is in the browser."""
        email = f"{secrets.token_hex(6)}@example.org"
        token = server.add_user(email, PASSWORD)
        answer = context.request.post("/api/v1/auth/login", data={"email": email, "password": PASSWORD})
        assert answer.ok, answer.text()
        page = context.new_page()
        # Caught from the beginning: a chooser that opens just when one begins to wait for it may still be the browser's own.
        page.on("filechooser", lambda _: None)
        return cls(server, context, page, email, server.http(token))

    def bucket(self, title: str = "Studio", **settings: object) -> str:
        """A new bucket; its name."""
        answer = self.http.post("/buckets", json={"title": title, **settings})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["name"])

    def put(
        self, bucket: str, path: str, content: bytes = b"content", content_type: str = "application/octet-stream"
    ) -> str:
        """A file; its id."""
        answer = self.http.put(
            f"/buckets/{bucket}/content/{quote(path)}", content=content, headers={"Content-Type": content_type}
        )
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["file_id"])

    def content(self, bucket: str, path: str) -> bytes:
        answer = self.http.get(f"/buckets/{bucket}/content/{quote(path)}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def paths(self, bucket: str) -> list[str]:
        """All live files of the bucket."""
        return [
            item["path"] for item in self.http.get(f"/buckets/{bucket}/files", params={"limit": 10_000}).json()["items"]
        ]

    def screenshot(self, folder: Path, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"{name}.png"
        self.page.screenshot(path=picture)
        return picture
