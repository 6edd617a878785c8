"""Paths as strangers write them: what breaks the rules is refused, all else comes back as it was sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest

from tests.end_to_end.client_of import make_bucket
from tests.end_to_end.raw_http import Answer, exchange, with_body
from tests.servers.cairn_server import SignedInServer


@dataclass(frozen=True)
class House:
    server: SignedInServer
    api: httpx.Client
    token: str

    def content(self, method: str, bucket: str, raw: bytes, body: bytes = b"") -> Answer:
        """`raw`: the path as its bytes stand in the address."""
        return exchange(self.server, with_body(method, f"/buckets/{bucket}/content/".encode() + raw, self.token, body))

    def paths(self, bucket: str) -> list[str]:
        answer = self.api.get(f"/buckets/{bucket}/files", params={"limit": 1000})
        return [item["path"] for item in answer.json()["items"]]


@pytest.fixture(scope="module")
def house(_shared_product: SignedInServer) -> Iterator[House]:
    with _shared_product.http(_shared_product.token) as api:
        make_bucket(api)
        make_bucket(api, "free", naming="s3")
        yield House(_shared_product, api, _shared_product.token)


REFUSED = {
    "empty": b"",
    "a dot": b".",
    "two dots": b"..",
    "dots inside": b"a/../b",
    "encoded dots": b"%2e%2e/x",
    "a double slash": b"a//b",
    "a leading slash": b"/a",
    "an encoded leading slash": b"%2Fa",
    "a double trailing slash": b"a//",
    "NUL": b"a%00b",
    "a control character": b"a%01b",
    "a newline": b"a%0Ab",
    "DEL": b"a%7Fb",
    "a lone percent": b"100%",
    "a broken escape": b"a%zz",
    "overlong UTF-8": b"%C0%AF",
    "a lone surrogate": b"%ED%A0%80",
    "no UTF-8": b"%FF%FE",
    "1,025 bytes": b"/".join([b"d" * 204] * 5) + b"/",
    "a segment of 256 bytes": b"d" * 256,
    "10,000 bytes": b"d/" * 5_000,
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_a_path_against_the_rules_is_refused_at_every_verb(house: House, raw: bytes) -> None:
    before = house.paths("studio")
    for method in ("PUT", "GET", "DELETE"):
        answer = house.content(method, "studio", raw, b"x" if method == "PUT" and raw[-1:] != b"/" else b"")
        assert answer.status in ((400, 422) if method == "PUT" else (400, 404, 422)), (method, answer)
        assert "detail" in answer.problem or answer.status == 404
    assert house.paths("studio") == before


@pytest.mark.parametrize(
    "path", ["", ".", "a/../b", "a//b", "/a", "a\0b", "a\nb", "d" * 256, "\ud800", "e/" * 600, "x" * 100_000]
)
def test_a_path_against_the_rules_is_refused_in_json_too(house: House, path: str) -> None:
    wanted = {"bucket": "studio", "path": path, "size": 0, "chunks": []}
    for route, body in (
        ("/uploads", wanted),
        ("/buckets/studio/commits", {"operations": [{"op": "folder", "path": path}]}),
        ("/buckets/studio/commits", {"operations": [{"op": "put", "path": path, "chunks": []}]}),
    ):
        answer = house.api.post(route, content=_json(body), headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), (route, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


KEPT = {
    "a right-to-left override": "evil\u202egpj.exe",
    "a byte order mark": "\ufeffbom",
    "NFC": "\u00e9",
    "NFD": "e\u0301",
    "1,024 bytes": "/".join(["d" * 204] * 4 + ["d" * 204]),
    "a segment of 255 bytes": "s" * 255,
    "a percent sign": "100%",
    "an escape as text": "a%2Fb",
    "a device of Windows": "CON",
    "another": "aux.txt",
    "a trailing dot": "dot.",
    "a trailing space": "space ",
    "emoji": "👩‍👩‍👧.txt",
    "HTML": "<script>alert(1)<",
    "SQL": "'; DROP TABLE files; --",
    "a format": "%s%n{0}",
    "a question": "what?x=1#y",
    "a backslash": "a\\b",
    "plus and ampersand": "a+b&c=d",
    "case": "Case",
    "other case": "case",
}


@pytest.mark.parametrize("path", KEPT.values(), ids=KEPT.keys())
@pytest.mark.parametrize("bucket", ["studio", "free"])
def test_a_strange_path_within_the_rules_comes_back_as_it_was(house: House, bucket: str, path: str) -> None:
    raw, data = quote(path, safe="/").encode(), path.encode()
    assert house.content("PUT", bucket, raw, data).status == 201
    assert house.content("GET", bucket, raw).body == data
    assert path in house.paths(bucket)
    found = house.api.get(f"/buckets/{bucket}/files", params={"prefix": path, "limit": 1}).json()["items"]
    assert [item["path"] for item in found] == [path]
    assert house.content("DELETE", bucket, raw).status == 204
    assert path not in house.paths(bucket)


@pytest.mark.parametrize("path", ["a/../b", "a//b", "/a", ".", "..", "a\nb", "/", "//"])
def test_a_bucket_of_s3_names_takes_what_s3_takes(house: House, path: str) -> None:
    raw = quote(path, safe="").encode()
    made = house.content("PUT", "free", raw, b"" if path.endswith("/") else b"x")
    assert made.status == 201, made
    assert path in house.paths("free")
    assert house.content("DELETE", "free", raw).status == 204
    assert path not in house.paths("free")


def test_what_breaks_no_rule_of_s3_may_still_not_hold_nul_or_exceed_1024_bytes(house: House) -> None:
    for raw in (b"a%00b", b"x" * 1_025, b""):
        assert house.content("PUT", "free", raw, b"x").status in (400, 422)


def test_a_download_of_a_strange_name_is_saved_under_a_safe_one(house: House) -> None:
    path = 'a"; filename=evil.html; x="\u202e.txt'
    raw = quote(path, safe="").encode()
    assert house.content("PUT", "studio", raw, b"x").status == 201
    header = house.api.get(f"/buckets/studio/content/{raw.decode()}").headers["content-disposition"]
    assert header.startswith("attachment;")
    assert "\u202e" not in header
    assert '"; filename=evil' not in header
    assert house.content("DELETE", "studio", raw).status == 204


def test_an_operation_on_a_path_that_no_file_can_have_finds_none(house: House) -> None:
    base = house.api.get("/buckets/studio").json()["sequence"]
    for more in ({}, {"base_sequence": base}):
        for operation in ({"op": "delete", "path": "a\0b"}, {"op": "move", "path": "a\0b", "to": "c"}):
            answer = house.api.post("/buckets/studio/commits", json={"operations": [operation], **more})
            assert answer.status_code in (404, 422), answer.text
