"""Bad input over REST: every answer is a problem that says what is wrong, nothing changes, nothing breaks."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.end_to_end.client_of import MIB, make_bucket, open_upload, upload
from tests.end_to_end.raw_http import Answer, exchange, hang_up, request, with_body
from tests.servers.cairn_server import SignedInServer

JSON = b"Content-Type: application/json"
HELLO = b"hello"
HELLO_ID = hashlib.sha256(HELLO).hexdigest()
EMPTY_ID = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class House:
    """A server with a bucket, a file and an open upload, and a neighbour who has the same."""

    server: SignedInServer
    api: httpx.Client
    token: str
    ids: dict[str, str]
    neighbour: dict[str, str]

    def sequence(self) -> int:
        return int(self.api.get("/buckets/studio").json()["sequence"])

    def send(self, method: str, target: str, body: bytes = b"", *headers: bytes) -> Answer:
        sent = with_body(method, target.format(**self.ids).encode(), self.token, body, *headers)
        return exchange(self.server, sent)

    def post(self, target: str, body: bytes) -> Answer:
        return self.send("POST", target, body, JSON)


def furnish(server: SignedInServer, token: str) -> dict[str, str]:
    with server.http(token) as api:
        bucket = make_bucket(api)
        file = upload(api, "file", HELLO)
        opened = open_upload(api, "coming", b"something else")
        return {
            "bucket": bucket["id"],
            "file": file["file_id"],
            "version": file["version_id"],
            "upload": opened["upload_id"],
        }


@pytest.fixture(scope="module")
def furnished(_shared_product: SignedInServer) -> Iterator[House]:
    server = _shared_product
    token, eve = server.token, server.add_user("eve@example.org")
    with server.http(token) as api:
        yield House(server, api, token, furnish(server, token), furnish(server, eve))


@pytest.fixture
def house(furnished: House) -> Iterator[House]:
    """Nothing of what a test does may show in the journal, or keep the file from being read."""
    before = furnished.sequence()
    yield furnished
    assert furnished.sequence() == before
    assert furnished.api.get("/buckets/studio/content/file").content == HELLO
    assert furnished.server.peak_memory_bytes() < 300 * MIB


def refused(answer: Answer, *statuses: int) -> dict[str, Any]:
    assert answer.status in statuses, (answer.status, answer.body[:500])
    return answer.problem


JSON_ROUTES = ["/buckets", "/uploads", "/buckets/studio/commits", "/files/{file}/restore", "/tokens"]
BROKEN_JSON = {
    "no JSON": b"hello",
    "nothing": b"",
    "half": b'{"title": "x"',
    "two documents": b"{}{}",
    "NaN": b'{"keep_days": NaN, "size": NaN}',
    "infinity": b'{"keep_days": Infinity, "size": -Infinity}',
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects nested 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 10,000 digits": b'{"size": ' + b"9" * 10_000 + b"}",
    "a lone surrogate": b'{"title": "\\ud800", "bucket": "\\ud800", "path": "\\udfff", "name": "\\ud800"}',
    "no UTF-8": b'{"title": "\xff\xfe", "name": "\xff"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "duplicate keys": b'{"name": "one", "name": "two", "size": 1, "size": 2}',
    "a list": b"[1, 2]",
    "a text": b'"x"',
    "null": b"null",
    "an unknown field": b'{"unheard_of": 1}',
    "wrong types": b'{"title": 1, "name": [], "bucket": {}, "operations": "x", "version_id": 7}',
}


@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
@pytest.mark.parametrize("route", JSON_ROUTES)
def test_json_that_is_none_or_has_another_shape_is_refused(house: House, route: str, body: bytes) -> None:
    refused(house.post(route, body), 400, 422)


def test_a_json_body_with_a_key_twice_is_refused_and_the_key_named(house: House) -> None:
    problem = refused(house.post("/buckets", b'{"title": "one", "title": "two"}'), 400)
    assert "title" in problem["detail"]


@pytest.mark.parametrize("route", JSON_ROUTES)
@pytest.mark.parametrize("kind", [b"", b"Content-Type: text/plain", b"Content-Type: ;;;", b"Content-Type: \xff\xfe"])
def test_a_body_that_does_not_say_that_it_is_json_is_refused(house: House, route: str, kind: bytes) -> None:
    answer = house.send("POST", route, b'{"name": "plain"}', *([kind] if kind else []))
    refused(answer, 400, 415, 422)


def test_a_body_that_ends_early_changes_nothing(house: House) -> None:
    head = request("PUT", b"/buckets/studio/content/short", house.token, b"Content-Length: 1000")
    assert hang_up(house.server, head + b"x" * 10) in (b"", b"HTTP/1.1 400 Bad Request")
    assert house.api.get("/buckets/studio/content/short").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        [b"Content-Length: -1"],
        [b"Content-Length: x"],
        [b"Content-Length: 1", b"Content-Length: 2"],
        [b"Content-Length: 99999999999999999999999"],
        [b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Content-Length: 5"],
        [b"Transfer-Encoding: gzip"],
        [b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: x"],
        [b"Broken header"],
        [b"Bad name: x\x00y"],
        [b"Content-Length: 5", b"Content-Encoding: gzip"],
        [b"Content-Length: 5", b"Content-Range: bytes 0-4/5"],
    ],
)
def test_lengths_and_headers_that_lie_are_refused(house: House, headers: list[bytes]) -> None:
    head = request("PUT", b"/buckets/studio/content/lie", house.token, *headers)
    refused(exchange(house.server, head + b"0\r\n\r\n"), 400, 413, 415)
    assert house.api.get("/buckets/studio/content/lie").status_code == 404


def test_bytes_beyond_the_declared_length_are_not_part_of_the_file(house: House) -> None:
    head = request("PUT", b"/buckets/nowhere/content/x", house.token, b"Content-Length: 3")
    refused(exchange(house.server, head + b"x" * 100_000), 404)


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-5\r\nhello\r\n", b"5\r\nhelloXX", b"ffffffffffffffffff\r\n"])
def test_a_chunked_body_that_breaks_its_form_is_refused(house: House, chunk: bytes) -> None:
    head = request("PUT", b"/buckets/studio/content/chunked", house.token, b"Transfer-Encoding: chunked")
    refused(exchange(house.server, head + chunk), 400)
    assert house.api.get("/buckets/studio/content/chunked").status_code == 404


@pytest.mark.parametrize("route", ["/buckets", "/uploads", "/buckets/studio/commits"])
def test_a_json_body_above_the_limit_is_refused_declared_or_not(house: House, route: str) -> None:
    big = b'{"title": "' + b"x" * (17 * MIB) + b'"}'
    refused(house.post(route, big), 413)
    chunked = request("POST", route.encode(), house.token, JSON, b"Transfer-Encoding: chunked")
    pieces = [b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"] * 17
    refused(exchange(house.server, chunked, *pieces), 413)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /api/v1/%zz HTTP/1.1\r\nHost\r\n\r\n",
        b"FROB /api/v1/buckets HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/buckets\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 300_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: x\r\n" * 40_000 + b"\r\n",
    ],
)
def test_what_is_no_http_is_told_so_as_a_problem(house: House, head: bytes) -> None:
    refused(exchange(house.server, head), 400, 431)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
def test_methods_and_addresses_that_are_not_there_are_problems(house: House, method: str) -> None:
    refused(house.send(method, "/search"), 404, 405)
    refused(house.send(method, "/uploads"), 404, 405)


BAD_BUCKETS = ["", "AB", "ab", "x" * 64, "192.168.0.1", "..", "a..b", "-ab", "a_b", "ünder", "a b", "a\0b", "a\nb"]


@pytest.mark.parametrize("name", BAD_BUCKETS)
def test_a_bucket_name_against_the_rules_is_refused(house: House, name: str) -> None:
    assert refused(house.post("/buckets", json.dumps({"name": name}).encode()), 422)["detail"]


@pytest.mark.parametrize("title", ["", "\0", "a\0b", "x" * 100_000])
def test_a_bucket_title_that_cannot_be_kept_is_refused(house: House, title: str) -> None:
    refused(house.post("/buckets", json.dumps({"name": "fine", "title": title}).encode()), 422)


@pytest.mark.parametrize("bucket", ["", "..", "%2e%2e", "%00", "nowhere", "x" * 70, "%ff", "UPPER"])
@pytest.mark.parametrize("route", ["/buckets/{}/files", "/buckets/{}/changes", "/buckets/{}/content/x", "/buckets/{}"])
def test_a_bucket_that_cannot_be_is_not_found(house: House, bucket: str, route: str) -> None:
    answer = house.send("GET", route.format(bucket))
    if answer.status != 200:  # `/buckets/` with nothing behind it is no address at all.
        refused(answer, 400, 404, 422)


@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        ("/files/{version}", (404,)),
        ("/files/nonsense", (422,)),
        ("/files/%00", (400, 422)),
        ("/files/{file}/versions/{file}/content", (404,)),
        ("/files/{file}/versions/{version}/chunks/1", (404, 422)),
        ("/files/{file}/versions/{version}/chunks/-1", (422,)),
        ("/files/{file}/versions/{version}/chunks/99999999999999999999", (422,)),
        ("/files/{file}/chunks?limit=0", (422,)),
        ("/buckets?limit=-1", (422,)),
        ("/buckets/studio/files?limit=1000000000", (422,)),
        ("/buckets/studio/files?limit=x", (422,)),
        ("/buckets/studio/files?include=everything", (422,)),
        ("/buckets/studio/files?prefix=%00", (422,)),
        ("/buckets/studio/files?delimiter=%00", (422,)),
        ("/buckets/studio/changes?after=-1", (422,)),
        ("/buckets/studio/changes?after=9223372036854775808", (422,)),
        ("/buckets/studio/changes?wait=1e9", (422,)),
        ("/buckets/studio/changes?wait=NaN", (422,)),
        ("/buckets/studio/content/file?version=x", (422,)),
        ("/buckets/studio/content/file?version={file}", (404,)),
    ],
)
def test_ids_limits_and_parameters_out_of_range_are_refused(
    house: House, target: str, statuses: tuple[int, ...]
) -> None:
    refused(house.send("GET", target), *statuses)


CURSORS = ["x", "AAAA", "%00", "W10", "WyJ4IiwieSJd", "x" * 10_000, "é".encode().hex(), "%ff"]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize(
    "route", ["/buckets", "/buckets/studio/files", "/uploads", "/tokens", "/files/{file}/versions"]
)
def test_a_forged_cursor_is_refused(house: House, route: str, cursor: str) -> None:
    assert refused(house.send("GET", f"{route}?cursor={cursor}"), 422)["type"].endswith("cursor-invalid")


def test_a_cursor_of_another_list_or_user_is_refused(house: House) -> None:
    with house.server.http(house.token) as api:
        make_bucket(api, "paged")
        for number in range(2):
            api.put(f"/buckets/paged/content/{number}", content=b"x")
        cursor = api.get("/buckets/paged/files", params={"limit": 1}).json()["next_cursor"]
    refused(house.send("GET", f"/buckets/studio/files?cursor={cursor}"), 422)
    refused(house.send("GET", f"/buckets/paged/trash?cursor={cursor}"), 422)
    refused(house.send("GET", f"/buckets/paged/files?prefix=0&cursor={cursor}"), 422)
    stranger = request("GET", f"/buckets/paged/files?cursor={cursor}".encode(), house.server.add_user("m@example.org"))
    refused(exchange(house.server, stranger), 404, 422)


RANGES = ["bytes=5-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"]


@pytest.mark.parametrize("ranges", RANGES)
def test_a_range_beyond_the_content_is_not_satisfiable(house: House, ranges: str) -> None:
    answer = house.send("GET", "/buckets/studio/content/file", b"", b"Range: " + ranges.encode())
    if answer.status != 200:
        refused(answer, 416)


@pytest.mark.parametrize(
    "ranges", ["bytes=3-1", "lines=0-1", "bytes", "bytes=a-b", "bytes=--1", "bytes=" + "0-0," * 10_000 + "x"]
)
def test_a_range_that_cannot_be_understood_is_ignored(house: House, ranges: str) -> None:
    answer = house.send("GET", "/buckets/studio/content/file", b"", b"Range: " + ranges.encode())
    assert (answer.status, answer.body) == (200, HELLO)


@pytest.mark.parametrize("header", [b"If-Match: x", b'If-Match: "unclosed', b"If-Match: ,", b"If-Match: \xff"])
@pytest.mark.parametrize("target", ["/buckets/studio/content/file", "/files/{file}"])
def test_a_garbage_if_match_is_refused(house: House, target: str, header: bytes) -> None:
    refused(house.send("DELETE", target, b"", header), 400)


@pytest.mark.parametrize("tag", ['"x"', '"x", "y"', 'W/"{}"'])
@pytest.mark.parametrize("target", ["/buckets/studio/content/file", "/files/{file}"])
def test_an_if_match_of_another_or_a_weak_tag_fails(house: House, target: str, tag: str) -> None:
    etag = house.api.get("/buckets/studio/content/file").headers["etag"].strip('"')
    refused(house.send("DELETE", target, b"", b"If-Match: " + tag.format(etag).encode()), 412)


Change = Callable[[dict[str, Any]], dict[str, Any]]
NATIVE: dict[str, Any] = {"bucket": "studio", "path": "p", "size": 5, "chunks": [{"id": HELLO_ID, "size": 5}]}
BAD_UPLOADS: dict[str, Change] = {
    "an id too short": lambda it: it | {"chunks": [{"id": HELLO_ID[1:], "size": 5}]},
    "an id in upper case": lambda it: it | {"chunks": [{"id": HELLO_ID.upper(), "size": 5}]},
    "an id that is not hex": lambda it: it | {"chunks": [{"id": "z" * 64, "size": 5}]},
    "the empty block": lambda it: it | {"size": 0, "chunks": [{"id": EMPTY_ID, "size": 0}]},
    "a chunk of 4 MiB + 1": lambda it: it | {"size": 4 * MIB + 1, "chunks": [{"id": HELLO_ID, "size": 4 * MIB + 1}]},
    "a negative size": lambda it: it | {"size": -1},
    "a size beyond 2^63": lambda it: it | {"size": 2**63},
    "a size that is a fraction": lambda it: it | {"size": 5.5},
    "sizes that add up to more": lambda it: it | {"size": 4},
    "a short chunk in the middle": lambda it: it | {"size": 10, "chunks": it["chunks"] * 2},
    "10,001 chunks": lambda it: it | {"size": 2**40, "chunks": [{"id": HELLO_ID, "size": MIB}] * 10_001},
    "no bucket": lambda it: {key: it[key] for key in it if key != "bucket"},
    "a tag too many": lambda it: it | {"tags": {str(n): "" for n in range(51)}},
    "1,000 tags": lambda it: it | {"tags": {str(n): "" for n in range(1000)}},
    "a key of 10 KB": lambda it: it | {"tags": {"k" * 10_240: ""}},
    "an empty key": lambda it: it | {"tags": {"": "x"}},
    "a key with NUL": lambda it: it | {"tags": {"a\0": "x"}},
    "a value of 257": lambda it: it | {"tags": {"k": "v" * 257}},
    "the year 0": lambda it: it | {"modified_at": "0000-01-01T00:00:00Z"},
    "after the year 9999": lambda it: it | {"modified_at": "9999-12-31T23:59:59-14:00"},
    "a time without a zone": lambda it: it | {"modified_at": "2026-01-01T00:00:00"},
    "a leap second": lambda it: it | {"modified_at": "2016-12-31T23:59:60Z"},
    "a time that is a number": lambda it: it | {"modified_at": 1_700_000_000},
    "a content type with a newline": lambda it: it | {"content_type": "text/plain\r\nX: y"},
    "a base version that is none": lambda it: it | {"base_version": "x"},
    "a description of 5 MB": lambda it: it | {"description": "x" * 5_000_000},
    "a description with NUL": lambda it: it | {"description": "\0"},
}


@pytest.mark.parametrize("change", BAD_UPLOADS.values(), ids=BAD_UPLOADS.keys())
def test_an_upload_that_breaks_a_rule_is_refused(house: House, change: Change) -> None:
    problem = refused(house.post("/uploads", json.dumps(change(NATIVE)).encode()), 422)
    assert problem["detail"]


def test_repeated_ids_in_a_chunk_list_are_legal(house: House) -> None:
    block = {"id": hashlib.sha256(b"\0" * MIB).hexdigest(), "size": MIB}
    answer = house.post("/uploads", json.dumps(NATIVE | {"size": 3 * MIB, "chunks": [block] * 3}).encode())
    assert answer.status == 201
    assert json.loads(answer.body)["missing"] == [block["id"]]


@pytest.mark.parametrize(
    ("block", "body", "statuses"),
    [
        (EMPTY_ID, b"", (422,)),
        (HELLO_ID, b"other", (422,)),
        (HELLO_ID.upper(), HELLO, (422,)),
        (HELLO_ID[:-1], HELLO, (422,)),
        ("z" * 64, HELLO, (422,)),
        (hashlib.sha256(b"\0" * (4 * MIB)).hexdigest(), b"\0" * (4 * MIB), (422,)),
        (hashlib.sha256(b"\0" * (4 * MIB + 1)).hexdigest(), b"\0" * (4 * MIB + 1), (422,)),
    ],
)
def test_a_block_that_is_not_its_id_or_size_is_refused(
    house: House, block: str, body: bytes, statuses: tuple[int, ...]
) -> None:
    refused(house.send("PUT", f"/uploads/{{upload}}/chunks/{block}", body), *statuses)


def test_framed_blocks_that_break_off_are_refused(house: House) -> None:
    kind = b"Content-Type: application/vnd.cairn.blocks"
    frame = bytes.fromhex(HELLO_ID) + (5).to_bytes(4, "big") + HELLO
    for body in (frame[:20], frame[:-1], bytes(32) + b"\xff\xff\xff\xff" + b"x"):
        refused(house.send("POST", "/uploads/{upload}/chunks", body, kind), 400, 422)


def test_uploads_are_their_owners_alone(house: House) -> None:
    theirs, never = house.neighbour["upload"], "019a0000-0000-7000-8000-000000000000"
    for method, tail, body in (
        ("GET", "", b""),
        ("DELETE", "", b""),
        ("POST", "/commit", b""),
        ("PUT", f"/chunks/{HELLO_ID}", HELLO),
    ):
        found = house.send(method, f"/uploads/{theirs}{tail}", body)
        absent = house.send(method, f"/uploads/{never}{tail}", body)
        assert refused(found, 404) == refused(absent, 404)


def test_an_upload_that_has_ended_takes_nothing_more(house: House) -> None:
    opened = open_upload(house.api, "ended", b"ended")["upload_id"]
    assert house.send("DELETE", f"/uploads/{opened}").status == 204
    assert house.send("DELETE", f"/uploads/{opened}").status == 204
    refused(house.send("POST", f"/uploads/{opened}/commit"), 410)
    refused(house.send("PUT", f"/uploads/{opened}/chunks/{HELLO_ID}", HELLO), 410)
    refused(house.send("POST", "/uploads/{upload}/commit"), 409)
