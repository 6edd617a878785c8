"""The page at the front door: kept for long where its name has its content's hash, packed beforehand, asked for again in vain."""

import gzip
import json
from pathlib import Path

import httpx
import pytest

from frontend import VIEWS, page_files
from tests.nginx.conftest import House

FILES = page_files()
SCRIPT = next(
    path for path, file in FILES.items() if path.startswith("/assets/") and path.endswith(".js") and file.packed
)


# Of the tables that PDFs name there are 168, all alike: one that is worth packing, and one that is not.
TABLES = {
    file.packed is None: path
    for path, file in sorted(FILES.items())
    if path.startswith("/assets/") and path.endswith(".bcmap")
}


@pytest.mark.parametrize("path", [*sorted(path for path in FILES if not path.endswith(".bcmap")), *TABLES.values()])
def test_every_file_is_served_with_its_own_headers_and_packed_as_it_was_built(house: House, path: str) -> None:
    file = FILES[path]
    with house.plain() as client:
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
    assert plain.content == file.content
    assert {name: plain.headers[name] for name in file.headers} == dict(file.headers)
    assert raw == (file.packed or file.content)
    assert answer.headers.get("content-encoding") == ("gzip" if file.packed else None)
    assert answer.headers.get("vary") == ("Accept-Encoding" if file.packed else None)


def test_what_has_a_hash_in_its_name_is_kept_for_a_year_and_the_page_itself_is_asked_for(house: House) -> None:
    with house.secure() as client:
        assert "immutable" in client.get(SCRIPT).headers["cache-control"]
        page = client.get("/")
        assert page.headers["cache-control"] == "no-cache"
        for name, value in [
            ("If-None-Match", page.headers["etag"]),
            ("If-Modified-Since", page.headers["last-modified"]),
        ]:
            again = client.get("/", headers={name: value})
            assert (again.status_code, again.content) == (304, b"")
        assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_page_at_each_of_its_addresses_and_nothing_beside_it_has(house: House, view: str) -> None:
    with house.plain() as client:
        for path in (f"/{view}", f"/{view}/", f"/{view}/a/b%2Fc?d=e"):
            assert client.get(path).content == FILES["/"].content
        assert client.get(f"/{view}x").status_code == 404


def test_the_specification_lies_beside_the_page(house: House) -> None:
    with house.plain() as client:
        answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(Path("docs/openapi.json").read_text())


@pytest.mark.parametrize(
    "path",
    ["/index.html", "/index.html.gz", "/assets/", "/assets", f"{SCRIPT}.gz", "/page.conf", "/..%2Fkey.pem"],
)
def test_nothing_else_of_the_folder_is_there(house: House, path: str) -> None:
    with house.plain() as client:
        assert client.get(path).status_code in {400, 404}


def test_ranges_of_the_page_are_not_given(house: House) -> None:
    with house.plain() as client:
        answer = client.get(SCRIPT, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
        assert (answer.status_code, answer.content) == (200, FILES[SCRIPT].content)


def test_who_cannot_unpack_gets_the_same_bytes(house: House) -> None:
    with house.plain() as client, client.stream("GET", SCRIPT, headers={"Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())) == FILES[SCRIPT].content
    assert httpx.get(house.door.url + SCRIPT, headers={"Accept-Encoding": "br"}).content == FILES[SCRIPT].content
