"""The page as it is served: what each file comes with, and a content policy that lets a browser run nothing but it."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from cairn.page import page_routes
from foundation.http_service import create_service
from foundation.settings import ServiceSettings
from frontend import POLICY, VIEWS, page_files

pytestmark = pytest.mark.anyio


FILES = page_files()
ROUTES = Path("frontend/src/routes.tsx")


def service(files: dict[str, object] | None = None) -> httpx.AsyncClient:
    app = create_service(
        "page",
        [],
        settings=ServiceSettings(public_url="http://127.0.0.1"),
        verifier=None,  # type: ignore[arg-type]  # Nobody is asked who they are.
        ready={},
        root_routers=[page_routes(files)],  # type: ignore[arg-type]
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def test_the_policy_lets_nothing_inline_run_and_nothing_come_from_elsewhere() -> None:
    directives = {name: sources for name, *sources in (directive.split() for directive in POLICY.split(";"))}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert directives["trusted-types"] == ["cairn"]
    assert not re.search(r"unsafe|https?:|\*|data:", POLICY)


def test_the_page_holds_no_inline_script_or_style_and_asks_no_other_server() -> None:
    html = FILES["/"].content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", html)
    assert not re.search(r"(src|href)=\"(?!/)", html)


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_the_page_never_unasked() -> None:
    assert (
        "immutable"
        in next(file for path, file in FILES.items() if path.startswith("/assets/")).headers["Cache-Control"]
    )
    assert FILES["/"].headers["Cache-Control"] == "no-cache"


def test_every_view_of_the_page_is_an_address_that_the_server_answers() -> None:
    routes = set(re.findall(r'path="/([\w-]+)', ROUTES.read_text()))
    assert routes == set(VIEWS)


@pytest.mark.parametrize("path", ["/", "/b/Studio/2026", "/sync-status", "/sign-in?next=/trash"])
async def test_a_view_is_answered_with_the_page(path: str) -> None:
    async with service() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.content == FILES["/"].content
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_is_sent_packed_once_and_then_only_if_it_changed() -> None:
    address = next(path for path, file in FILES.items() if path.endswith(".js") and file.packed)
    async with service() as browser:
        plain = await browser.get(address, headers={"Accept-Encoding": "identity"})
        async with browser.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as packed:
            raw = b"".join([piece async for piece in packed.aiter_raw()])
        again = await browser.get(address, headers={"If-None-Match": plain.headers["etag"]})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/../index.html", "/nothing"])
async def test_what_is_no_file_of_the_page_is_not_found(path: str) -> None:
    async with service() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_that_was_not_built_says_what_to_run() -> None:
    async with service({}) as browser:
        answer = await browser.get("/")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("page-not-built")
