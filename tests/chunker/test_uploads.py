"""Upload sessions: open, plan in pages, send what is missing in any order, ask, publish, abort."""

import socket
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from foundation.blocks import MIB, Chunking
from tests.chunker.served import FRAMED, Person, Served, chunk_list, cut, framed, id_of, some_bytes

DATA = some_bytes(3 * MIB + 5, seed=11)


def plan(me: Person, path: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {"bucket": str(me.bucket.id), "path": path, "size": len(data), "chunks": chunk_list(data), **more}


def opened(me: Person, path: str, data: bytes, **more: Any) -> dict[str, Any]:
    answer = me.http.post("/uploads", json=plan(me, path, data, **more))
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def send(me: Person, upload: dict[str, Any], *blocks: bytes) -> list[int]:
    return [
        me.http.put(f"/uploads/{upload['upload_id']}/chunks/{id_of(block)}", content=block).status_code
        for block in blocks
    ]


def test_a_file_goes_in_block_by_block_in_any_order_and_the_commit_is_idempotent(me: Person) -> None:
    upload = opened(me, "a", DATA)
    assert upload["missing"] == [id_of(block) for block in cut(DATA)]
    assert send(me, upload, *reversed(cut(DATA))) == [201] * 4
    first, again = (me.http.post(f"/uploads/{upload['upload_id']}/commit") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["num_chunks"] == 4
    assert me.http.get(f"{me.content}/a").content == DATA
    assert me.http.get(f"/uploads/{upload['upload_id']}").json()["state"] == "committed"


def test_a_commit_too_early_names_what_is_missing_and_works_once_it_came(me: Person) -> None:
    upload = opened(me, "a", DATA)
    blocks = cut(DATA)
    send(me, upload, *blocks[:2])
    early = me.http.post(f"/uploads/{upload['upload_id']}/commit")
    asked = me.http.get(f"/uploads/{upload['upload_id']}").json()
    wanted = sorted(id_of(block) for block in blocks[2:])
    assert (early.status_code, early.json()["type"]) == (409, "urn:cairn:problem:blocks-missing")
    assert sorted(early.json()["missing"]) == wanted
    assert (asked["state"], asked["missing"], asked["received_bytes"], asked["size"]) == (
        "open",
        wanted,
        2 * MIB,
        len(DATA),
    )
    send(me, upload, *blocks[2:])
    assert me.http.post(f"/uploads/{upload['upload_id']}/commit").status_code == 201


def test_a_block_sent_again_is_present_and_wrong_bytes_never_are(me: Person) -> None:
    upload = opened(me, "a", DATA)
    block = cut(DATA)[0]
    url = f"/uploads/{upload['upload_id']}/chunks/{id_of(block)}"
    assert send(me, upload, block, block) == [201, 200]
    wrong = me.http.put(url, content=b"x" * len(block))
    assert (wrong.status_code, wrong.json()["type"], wrong.json()["block"]) == (
        422,
        "urn:cairn:problem:block-corrupt",
        id_of(block),
    )


def test_wrong_bytes_store_nothing(me: Person, stack: Served) -> None:
    upload = opened(me, "a", DATA)
    before = stack.store.list(limit=100_000)
    assert me.http.put(f"/uploads/{upload['upload_id']}/chunks/{'0' * 64}", content=b"abc").status_code == 422
    assert stack.store.list(limit=100_000) == before


@pytest.mark.parametrize(
    ("chunking", "size", "status"),
    [
        (Chunking.FIXED, 0, 422),
        (Chunking.FIXED, MIB, 201),
        (Chunking.FIXED, MIB + 1, 422),
        (Chunking.FASTCDC, 4 * MIB, 201),
        (Chunking.FASTCDC, 4 * MIB + 1, 422),
    ],
)
@pytest.mark.parametrize("is_declared", [True, False])
def test_a_block_fits_its_bucket_or_is_chunk_size(
    stack: Served, chunking: Chunking, size: int, status: int, is_declared: bool
) -> None:
    me = stack.person(chunking)
    body = {"bucket": str(me.bucket.id), "path": "a", "size": 9 * MIB}
    upload = me.http.post("/uploads", json=body).json()
    block = some_bytes(size)
    url = f"/uploads/{upload['upload_id']}/chunks/{id_of(block)}"
    put = me.http.put(url, content=block if is_declared else iter([block]))
    assert put.status_code == status
    assert status == 201 or put.json()["type"] == "urn:cairn:problem:chunk-size"


@pytest.mark.parametrize("id", ["0" * 63, "0" * 65, "A" * 64, "g" * 64, "x", "%00"])
def test_a_block_id_that_is_none_is_refused(me: Person, id: str) -> None:
    upload = opened(me, "a", DATA)
    answer = me.http.put(f"/uploads/{upload['upload_id']}/chunks/{id}", content=b"x")
    assert answer.status_code in {404, 422}


def test_many_blocks_in_one_body_are_answered_one_by_one(me: Person) -> None:
    upload = me.http.post("/uploads", json={}).json()
    blocks = [some_bytes(1000 + seed, seed) for seed in range(200)]
    broken = bytearray(framed(b"right"))
    broken[-1] ^= 1
    body = framed(*blocks[:100]) + bytes(broken) + framed(b"") + framed(*blocks[100:])
    answer = me.http.post(f"/uploads/{upload['upload_id']}/chunks", content=body, headers=FRAMED)
    results = answer.json()["results"]
    refused = [one for one in results if one["status"] == "refused"]
    assert answer.status_code == 200
    assert [one["id"] for one in results if one["status"] == "stored"] == [id_of(block) for block in blocks]
    assert [one["problem"]["type"].rpartition(":")[2] for one in refused] == ["block-corrupt", "chunk-size"]


def test_a_body_of_blocks_that_breaks_off_keeps_those_that_came_whole(me: Person) -> None:
    upload = opened(me, "a", DATA)
    whole, rest = cut(DATA)[:2], cut(DATA)[2:]
    answer = me.http.post(
        f"/uploads/{upload['upload_id']}/chunks", content=framed(*whole) + framed(rest[0])[:-1], headers=FRAMED
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:cairn:problem:frame-invalid")
    missing = me.http.get(f"/uploads/{upload['upload_id']}").json()["missing"]
    assert missing == sorted(id_of(block) for block in rest)


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_body_of_blocks_above_32_mib_is_too_large(me: Person, is_declared: bool) -> None:
    upload = me.http.post("/uploads", json={}).json()
    body = framed(*(some_bytes(4 * MIB, seed) for seed in range(8)))
    answer = me.http.post(
        f"/uploads/{upload['upload_id']}/chunks", content=body if is_declared else iter([body]), headers=FRAMED
    )
    assert answer.status_code == 413


def test_a_frame_that_is_too_long_and_a_wrong_content_type_are_refused(me: Person) -> None:
    url = f"/uploads/{me.http.post('/uploads', json={}).json()['upload_id']}/chunks"
    too_long = bytes(32) + (4 * MIB + 1).to_bytes(4, "big") + b"x"
    assert me.http.post(url, content=too_long, headers=FRAMED).status_code == 422
    assert me.http.post(url, content=framed(b"x")).status_code == 415
    assert me.http.post(url, content=b"", headers=FRAMED).json() == {"results": []}


def test_chunks_are_planned_in_pages_that_may_be_repeated(me: Person) -> None:
    chunks = chunk_list(DATA)
    body = {"bucket": str(me.bucket.id), "path": "a", "size": len(DATA), "chunks": chunks[:1]}
    upload = me.http.post("/uploads", json=body).json()
    url = f"/uploads/{upload['upload_id']}"
    page = {"first_index": 1, "chunks": chunks[1:]}
    first, again = (me.http.patch(url, json=page) for _ in range(2))
    assert first.json() == again.json() == {"missing": [chunk["id"] for chunk in chunks[1:]]}
    assert me.http.patch(url, json={"first_index": 9, "chunks": chunks[3:]}).status_code == 422
    assert me.http.patch(url, json={"first_index": 1, "chunks": chunks[2:3]}).status_code == 422
    send(me, upload, *cut(DATA))
    assert me.http.post(f"{url}/commit").status_code == 201
    assert me.http.get(f"{me.content}/a").content == DATA


def test_what_is_missing_is_told_in_pages(me: Person) -> None:
    upload = opened(me, "a", DATA)
    url = f"/uploads/{upload['upload_id']}"
    found, cursor = [], None
    while True:
        page = me.http.get(url, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        found += page["missing"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == sorted(upload["missing"])
    assert me.http.get(url, params={"cursor": "forged"}).status_code == 422


def test_an_aborted_upload_is_gone_for_good(me: Person) -> None:
    upload = opened(me, "a", DATA)
    url = f"/uploads/{upload['upload_id']}"
    send(me, upload, cut(DATA)[0])
    assert me.http.delete(url).status_code == 204
    assert me.http.delete(url).status_code == 204
    assert send(me, upload, cut(DATA)[1]) == [410]
    assert me.http.post(f"{url}/commit").status_code == 410
    assert me.http.post(f"{url}/chunks", content=framed(b"x"), headers=FRAMED).status_code == 410
    assert me.http.get("/uploads").json()["items"] == []


def test_the_fence_stops_blocks_for_an_upload_that_ended_elsewhere(me: Person, stack: Served) -> None:
    upload = opened(me, "a", DATA)
    blocks = cut(DATA)
    assert send(me, upload, blocks[0]) == [201]
    stack.catalogue.uploads.end(me.identity, next(iter(stack.catalogue.uploads.list(me.identity, None, 1).items)).id)
    assert send(me, upload, blocks[0], blocks[1], blocks[1]) == [410, 410, 410]


def test_an_upload_of_somebody_else_is_not_there(me: Person, stranger: Person) -> None:
    upload = opened(me, "a", DATA)
    url = f"/uploads/{upload['upload_id']}"
    block = cut(DATA)[0]
    send(me, upload, block)
    for answer in (
        stranger.http.get(url),
        stranger.http.delete(url),
        stranger.http.post(f"{url}/commit"),
        stranger.http.put(f"{url}/chunks/{id_of(block)}", content=block),
        stranger.http.post(f"{url}/chunks", content=framed(block), headers=FRAMED),
        stranger.http.patch(url, json={"first_index": 0, "chunks": chunk_list(DATA)}),
        stranger.http.get(f"/uploads/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:cairn:problem:upload-not-found")
    assert stranger.http.get("/uploads").json()["items"] == []


def test_nobody_learns_by_planning_or_sending_what_somebody_else_has(me: Person, stranger: Person) -> None:
    me.http.put(f"{me.content}/a", content=DATA)
    own, theirs = opened(me, "b", DATA), opened(stranger, "b", DATA)
    assert own["missing"] == []
    assert theirs["missing"] == [id_of(block) for block in cut(DATA)]
    assert send(stranger, theirs, cut(DATA)[0]) == [201]
    assert me.http.post(f"/uploads/{own['upload_id']}/commit").status_code == 201
    assert stranger.http.post(f"/uploads/{theirs['upload_id']}/commit").status_code == 409


def test_a_base_version_that_is_not_the_current_one_is_a_conflict(me: Person) -> None:
    me.http.put(f"{me.content}/a", content=b"first")
    refused = me.http.post("/uploads", json=plan(me, "a", DATA, base_version=None))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:cairn:problem:version-conflict")
    racing = opened(me, "b", DATA, base_version=None)
    send(me, racing, *cut(DATA))
    current = me.http.put(f"{me.content}/b", content=b"faster").json()
    late = me.http.post(f"/uploads/{racing['upload_id']}/commit")
    assert (late.status_code, late.json()["current"]["version_id"]) == (409, current["version_id"])
    assert me.http.get(f"{me.content}/b").content == b"faster"


def test_an_empty_file_has_no_chunks(me: Person) -> None:
    upload = opened(me, "empty", b"")
    made = me.http.post(f"/uploads/{upload['upload_id']}/commit").json()
    assert (made["size"], made["num_chunks"]) == (0, 0)
    assert me.http.get(f"{me.content}/empty").content == b""


CHUNK = {"id": "0" * 64, "size": MIB}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("chunks.0.id", {"chunks": [{"id": "A" * 64, "size": 1}]}),
        ("chunks.0.size", {"chunks": [{"id": "0" * 64, "size": -1}]}),
        ("chunks.0.size", {"chunks": [{"id": "0" * 64, "size": 0}]}),
        ("chunks.0.size", {"chunks": [{"id": "0" * 64, "size": 4 * MIB + 1}]}),
        ("chunks.0.size", {"chunks": [{"id": "0" * 64, "size": "5"}]}),
        ("chunks.0.size", {"chunks": [{"id": "0" * 64, "size": 2**70}]}),
        ("chunks", {"chunks": [CHUNK] * 10_001}),
        ("chunks", {"chunks": [CHUNK], "size": 5}),
        ("chunks", {"chunks": [{"id": "0" * 64, "size": 5}, CHUNK], "size": MIB + 5}),
        ("size", {"size": -1}),
        ("size", {"size": 2**63}),
        ("size", {"size": 1.5}),
        ("modified_at", {"modified_at": "2026-01-31T00:00:00"}),
        ("modified_at", {"modified_at": 5}),
        ("content_type", {"content_type": "text/plain\r\nX: y"}),
        ("unknown", {"unknown": 1}),
        ("base_version", {"base_version": "x"}),
        ("path", {"path": 5}),
    ],
)
def test_a_plan_that_breaks_a_rule_names_the_field(me: Person, field: str, change: dict[str, Any]) -> None:
    body = {"bucket": str(me.bucket.id), "path": "a", "size": MIB, "chunks": [CHUNK]} | change
    answer = me.http.post("/uploads", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert me.http.get("/uploads").json()["items"] == []


@pytest.mark.parametrize("body", [{"path": "a"}, {"bucket": "b", "path": "a"}, {"size": 5}, {"chunks": [CHUNK]}])
def test_an_upload_names_a_whole_file_or_nothing(me: Person, body: dict[str, Any]) -> None:
    assert me.http.post("/uploads", json=body).status_code == 422


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'{"size": NaN}', b'{"path": "\\ud800"}', b"\xff", b'{"size": 1e999}', b"{} {}"],
)
def test_a_body_that_is_no_json_is_refused_without_harm(me: Person, body: bytes) -> None:
    answer = me.http.post("/uploads", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_json_must_say_so_and_has_a_limit(me: Person) -> None:
    assert me.http.post("/uploads", content=b"{}").status_code == 415
    big = b" " * (8 * MIB) + b"{}"
    assert me.http.post("/uploads", content=big, headers={"Content-Type": "application/json"}).status_code == 413


def test_long_json_bodies_that_drip_in_take_a_bounded_memory_together(me: Person, stack: Served) -> None:
    # Each holds what it promised to send; were there no bound, forty of them would take a third of a gigabyte.
    head = f"POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: {me.http.headers['Authorization']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {8 * MIB}\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as opened:
        asked_to_go_on = []
        for _ in range(4):
            connection = opened.enter_context(socket.create_connection(stack.host_and_port, timeout=20))
            connection.sendall(head.encode())
            asked_to_go_on.append(connection.recv(25))
        assert set(asked_to_go_on) == {b"HTTP/1.1 100 Continue\r\n\r\n"}
        waiting = opened.enter_context(socket.create_connection(stack.host_and_port, timeout=20))
        waiting.sendall(head.encode())
        assert me.http.post("/uploads", json={}).status_code == 201
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(25)
