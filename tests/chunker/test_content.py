"""A file goes in as one stream and comes out byte for byte."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from chunker.settings import ChunkerSettings
from foundation.blocks import MIB, Chunking
from tests.chunker.served import Person, Served, served, some_bytes

DOCUMENT = some_bytes(4_281_445, seed=7)


def test_the_document_of_4281445_bytes_has_5_chunks_and_comes_out_as_it_went_in(me: Person) -> None:
    put = me.http.put(f"{me.content}/letters/document.bin", content=DOCUMENT)
    answer = put.json()
    hashes = [hashlib.sha256(DOCUMENT[start : start + MIB]).digest() for start in range(0, len(DOCUMENT), MIB)]
    content_hash = hashlib.sha256(b"".join(hashes)).hexdigest()
    assert put.status_code == 201
    assert answer == {
        "file_id": answer["file_id"],
        "version_id": answer["version_id"],
        "bucket_id": str(me.bucket.id),
        "path": "letters/document.bin",
        "size": 4_281_445,
        "num_chunks": 5,
        "etag": f"{content_hash[:32]}-5",
        "content_hash": content_hash,
        "sync_status": "pending",
    }
    assert me.http.get(f"{me.content}/letters/document.bin").content == DOCUMENT


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB])
@pytest.mark.parametrize("chunking", list(Chunking))
def test_a_content_of_any_size_comes_out_as_it_went_in(stack: Served, chunking: Chunking, size: int) -> None:
    me = stack.person(chunking)
    data = some_bytes(size, seed=size)
    put = me.http.put(f"{me.content}/a", content=data)
    got = me.http.get(f"{me.content}/a")
    assert (put.status_code, put.json()["size"]) == (201, size)
    assert (got.status_code, got.content, got.headers["content-length"]) == (200, data, str(size))


def test_a_stream_without_a_declared_length_is_taken(me: Person) -> None:
    pieces = [some_bytes(300_000, seed) for seed in range(9)]
    assert me.http.put(f"{me.content}/a", content=iter(pieces)).status_code == 201
    assert me.http.get(f"{me.content}/a").content == b"".join(pieces)


def test_a_second_put_makes_a_new_version_and_the_old_one_stays_readable(me: Person) -> None:
    first = me.http.put(f"{me.content}/a", content=b"one").json()
    again = me.http.put(f"{me.content}/a", content=b"two")
    second = again.json()
    assert again.status_code == 200
    assert (second["file_id"], second["version_id"] != first["version_id"]) == (first["file_id"], True)
    assert me.http.get(f"{me.content}/a").content == b"two"
    assert me.http.get(f"{me.content}/a", params={"version": first["version_id"]}).content == b"one"
    assert me.http.get(f"/files/{first['file_id']}/versions/{first['version_id']}/content").content == b"one"


def test_a_block_of_a_version_is_served_whole_and_for_ever(me: Person) -> None:
    made = me.http.put(f"{me.content}/a", content=DOCUMENT).json()
    route = f"/files/{made['file_id']}/versions/{made['version_id']}/chunks"
    last = me.http.get(f"{route}/4")
    assert last.content == DOCUMENT[4 * MIB :]
    assert last.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert last.headers["etag"] == f'"{hashlib.sha256(last.content).hexdigest()}"'
    assert me.http.get(f"{route}/4", headers={"If-None-Match": last.headers["etag"]}).status_code == 304
    assert [me.http.get(f"{route}/{index}").status_code for index in ("5", "-1", "x")] == [404, 422, 422]


def test_head_tells_the_headers_of_a_get_and_no_bytes(me: Person) -> None:
    me.http.put(f"{me.content}/a.txt", content=b"hello")
    head, got = me.http.head(f"{me.content}/a.txt"), me.http.get(f"{me.content}/a.txt")
    own = {"x-request-id", "date"}
    assert {key: value for key, value in head.headers.items() if key not in own} == {
        key: value for key, value in got.headers.items() if key not in own
    }
    assert (head.status_code, head.content) == (200, b"")


def test_a_content_never_acts_on_the_page_s_origin(me: Person) -> None:
    me.http.put(f"{me.content}/<script>é\u202etxt.html", content=b"<script>alert(1)</script>")
    got = me.http.get(f"{me.content}/<script>é\u202etxt.html")
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"_script___txt.html\"; filename*=UTF-8''_script_%C3%A9_txt.html"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "sandbox"
    assert got.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("text/x-own; charset=utf-8", "text/x-own; charset=utf-8"),
        ("application/octet-stream", "text/plain"),
        (None, "text/plain"),
    ],
)
def test_the_content_type_is_the_client_s_or_guessed_from_the_path(me: Person, sent: str | None, kept: str) -> None:
    me.http.put(f"{me.content}/a.txt", content=b"x", headers={"Content-Type": sent} if sent else {})
    assert me.http.get(f"{me.content}/a.txt").headers["content-type"] == kept


def test_the_client_s_time_is_kept_to_the_microsecond(me: Person, stack: Served) -> None:
    me.http.put(f"{me.content}/a", content=b"x", headers={"Cairn-Modified-At": "2026-01-31T23:59:59.123456+01:00"})
    version = stack.catalogue.files.find(me.identity, str(me.bucket.id), "a")
    assert version.modified_at == datetime(2026, 1, 31, 22, 59, 59, 123456, UTC)


@pytest.mark.parametrize(
    "time", ["2026-01-31", "0000-01-01T00:00:00Z", "2026-06-30T23:59:60Z", "9999-12-31T23:59:59-01:00", "now"]
)
def test_a_time_that_is_none_is_refused_and_nothing_is_made(me: Person, time: str) -> None:
    put = me.http.put(f"{me.content}/a", content=b"x", headers={"Cairn-Modified-At": time})
    assert (put.status_code, put.json()["errors"][0]["field"]) == (422, "Cairn-Modified-At")
    assert me.http.get(f"{me.content}/a").status_code == 404


def test_a_promised_digest_is_checked_and_sha256_is_told_again(me: Person) -> None:
    sha256 = base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(DOCUMENT, usedforsecurity=False).digest()).decode()
    headers = {"Repr-Digest": f"sha-256=:{sha256}:, id-unheard=:AA==:", "Content-MD5": md5}
    put = me.http.put(f"{me.content}/a", content=DOCUMENT, headers=headers)
    assert put.json()["etag"] == base64.b64decode(md5).hex()
    assert me.http.get(f"{me.content}/a").headers["repr-digest"] == f"sha-256=:{sha256}:"


@pytest.mark.parametrize("header", ["Repr-Digest", "Content-Digest", "Content-MD5"])
def test_a_digest_that_does_not_fit_publishes_nothing_and_ends_the_upload(me: Person, header: str) -> None:
    wrong = "AAAAAAAAAAAAAAAAAAAAAA==" if header == "Content-MD5" else f"sha-256=:{'A' * 43}=:"
    put = me.http.put(f"{me.content}/a", content=DOCUMENT, headers={header: wrong})
    assert (put.status_code, put.json()["type"]) == (422, "urn:cairn:problem:digest-mismatch")
    assert me.http.get(f"{me.content}/a").status_code == 404
    assert me.http.get("/uploads").json()["items"] == []


@pytest.mark.parametrize("digest", ["sha-256", "sha-256=:AA==:", "sha-256=:!!:", "garbage=1,"])
def test_a_digest_that_cannot_be_read_is_malformed(me: Person, digest: str) -> None:
    assert me.http.put(f"{me.content}/a", content=b"x", headers={"Repr-Digest": digest}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Encoding": "gzip"}, 415), ({"Content-Range": "bytes 0-0/2"}, 400)]
)
def test_bytes_that_are_not_the_file_s_own_are_refused(me: Person, headers: dict[str, str], status: int) -> None:
    assert me.http.put(f"{me.content}/a", content=b"x", headers=headers).status_code == status


def test_preconditions_guard_a_put_and_a_delete(me: Person) -> None:
    url = f"{me.content}/a"
    none = {"If-None-Match": "*"}
    assert me.http.put(url, content=b"1", headers=none).status_code == 201
    etag = me.http.head(url).headers["etag"]
    assert me.http.put(url, content=b"2", headers=none).status_code == 412
    assert me.http.put(url, content=b"2", headers={"If-Match": '"other"'}).status_code == 412
    assert me.http.put(url, content=b"2", headers={"If-Match": f"W/{etag}"}).status_code == 412
    assert me.http.put(url, content=b"2", headers={"If-Match": "garbage"}).status_code == 400
    assert me.http.get(url).content == b"1"
    assert me.http.put(url, content=b"2", headers={"If-Match": f'"other", {etag}'}).status_code == 200
    assert me.http.delete(url, headers={"If-Match": etag}).status_code == 412
    assert me.http.delete(url, headers={"If-Match": "*"}).status_code == 204
    assert me.http.get(url).status_code == 404
    assert me.http.delete(url).status_code == 404


def test_a_path_that_ends_in_a_slash_is_a_folder_and_has_no_bytes(me: Person) -> None:
    assert me.http.put(f"{me.content}/folder/", content=b"").status_code == 201
    assert me.http.put(f"{me.content}/folder/", content=b"").status_code == 200
    assert me.http.put(f"{me.content}/other/", content=b"x").status_code == 422
    assert me.http.put(f"{me.content}/folder", content=b"x").status_code == 409


def test_a_file_of_somebody_else_is_not_there(me: Person, stranger: Person) -> None:
    made = me.http.put(f"{me.content}/a", content=b"mine").json()
    version = f"/files/{made['file_id']}/versions/{made['version_id']}"
    absent = stranger.http.get(f"{stranger.content}/a")
    for answer in (
        stranger.http.get(f"{me.content}/a"),
        stranger.http.get(f"{version}/content"),
        stranger.http.get(f"{version}/chunks/0"),
        stranger.http.delete(f"{me.content}/a"),
        stranger.http.put(f"{me.content}/a", content=b"theirs"),
    ):
        assert (answer.status_code, b"mine" in answer.content) == (404, False)
    assert absent.status_code == 404
    assert me.http.get(f"{me.content}/a", headers={"Authorization": ""}).status_code == 401
    assert me.http.get(f"{me.content}/a").content == b"mine"


@pytest.mark.parametrize("size", [4 * MIB, 5 * MIB + 1, 9 * MIB])
def test_a_stream_of_more_chunks_than_a_page_is_planned_while_it_arrives(stack: Served, size: int) -> None:
    data = some_bytes(size, seed=size)
    with served(stack.catalogue, stack.store, ChunkerSettings(stream_page_chunks=2)) as impatient:
        me = impatient.person()
        made = me.http.put(f"{me.content}/long", content=data).json()
        assert (made["size"], made["num_chunks"]) == (size, -(-size // MIB))
        assert me.http.get(f"{me.content}/long").content == data
