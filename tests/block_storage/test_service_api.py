"""The routes of block storage: who may call them, what they refuse, and how much of them there is at once."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import orjson
import pytest

from block_storage import Limits, MemoryBlockStore
from block_storage.named_frames import MAX_BODY_BYTES, MEDIA_TYPE, bodies, framed, unframed
from foundation.blocks import MAX_BLOCK_BYTES, MIB, BlockId, BlockName
from foundation.problems import Malformed
from foundation.service_tokens import Room
from tests.block_storage.samples import sample
from tests.block_storage.service import TOKENS, http, service

BLOCK = sample(1)
ROUTES = {
    "get": ("GET", f"/chunks/{BLOCK.name}?xxh3={BLOCK.xxh3:016x}"),
    "head": ("HEAD", f"/chunks/{BLOCK.name}"),
    "put": ("PUT", f"/chunks/{BLOCK.name}"),
    "delete": ("DELETE", f"/chunks/{BLOCK.name}"),
    "list": ("GET", "/chunks"),
    "put many": ("POST", "/chunks"),
    "check": ("POST", "/chunks/check"),
    "read many": ("POST", "/chunks/read"),
    "prove": ("POST", "/chunks/prove"),
    "delete many": ("POST", "/chunks/delete"),
    "list meta": ("GET", "/meta"),
    "read meta": ("GET", "/meta/key"),
    "replace meta": ("PUT", "/meta/key"),
    "delete meta": ("DELETE", "/meta/key"),
}
BODIES: dict[str, tuple[str, bytes]] = {
    "put many": (MEDIA_TYPE, framed([(BLOCK.name, BLOCK.data)])),
    "check": ("application/json", b'{"blocks": []}'),
    "read many": ("application/json", b'{"blocks": []}'),
    "prove": ("application/json", b'{"blocks": []}'),
    "delete many": ("application/json", b'{"names": []}'),
    "put": ("application/octet-stream", BLOCK.data),
    "replace meta": ("application/octet-stream", b"value"),
}
ERASING = {"delete", "delete many"}


@pytest.fixture
def store() -> MemoryBlockStore:
    store = MemoryBlockStore()
    store.put(BLOCK.name, BLOCK.data)
    store.replace_meta("key", b"value")
    return store


@pytest.fixture
def address(store: MemoryBlockStore) -> Iterator[str]:
    with service(store) as address:
        yield address


@pytest.fixture
def api(address: str) -> Iterator[httpx.Client]:
    with http(address) as client:
        yield client


def answered(client: httpx.Client, route: str) -> int:
    method, path = ROUTES[route]
    media_type, body = BODIES.get(route, ("", b""))
    headers = {"Content-Type": media_type} if body else {}
    return client.request(method, path, content=body or None, headers=headers).status_code


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_each_route_is_open_to_the_rooms_that_need_it_and_to_nobody_else(address: str) -> None:
    for route in sorted(ROUTES, key=lambda route: route in ERASING):
        with (
            http(address, None) as nobody,
            http(address, Room.METADATA) as other,
            http(address, Room.CHUNKER) as chunker,
        ):
            assert answered(nobody, route) == 401
            assert answered(other, route) == 403
            assert (answered(chunker, route) < 300) is (route not in ERASING), route
        with http(address) as worker:
            assert answered(worker, route) < 300, route


def test_the_public_specification_does_not_tell_of_them(address: str) -> None:
    assert httpx.get(f"{address}/openapi.json").json()["paths"] == {}


def test_bytes_that_are_not_the_blocks_are_refused_and_not_stored(api: httpx.Client, store: MemoryBlockStore) -> None:
    other = sample(2)
    for body in (b"other", b"", bytes(MAX_BLOCK_BYTES + 1)):
        refused = api.put(f"/chunks/{other.name}", content=body)
        assert (refused.status_code, slug(refused)) == (422, "block-corrupt")
    assert store.list() == [BLOCK.name]


def test_a_block_is_given_only_as_the_checksum_says(api: httpx.Client) -> None:
    path = f"/chunks/{BLOCK.name}"
    assert api.get(path, params={"xxh3": f"{BLOCK.xxh3:016x}"}).content == BLOCK.data
    assert slug(api.get(path, params={"xxh3": f"{BLOCK.xxh3 ^ 1:016x}"})) == "block-damaged"
    for wrong in ({}, {"xxh3": "1"}, {"xxh3": "G" * 16}):
        assert (api.get(path, params=wrong).status_code) == 422


def test_a_look_at_one_block_answers_by_what_is_there(api: httpx.Client) -> None:
    path, size = f"/chunks/{BLOCK.name}", len(BLOCK.data)
    assert api.head(path, params={"size": size}).headers["cairn-presence"] == "present"
    assert api.head(path).status_code == 200
    assert api.head(path, params={"size": size + 1}).status_code == 500
    assert api.head(f"/chunks/{sample(3).name}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/chunks/x?xxh3=0000000000000000", None, "name"),
        ("PUT", f"/chunks/{str(BLOCK.name).upper()}", b"x", "name"),
        ("DELETE", "/chunks/..%2fsecret", None, None),
        ("GET", "/chunks?after=x", None, "after"),
        ("GET", "/chunks?limit=0", None, "limit"),
        ("GET", "/chunks?limit=10001", None, "limit"),
        ("POST", "/chunks/check", b'{"blocks": [["x", 1]]}', "blocks"),
        ("POST", "/chunks/check", b'{"blocks": [["x", -1]]}', "blocks.0.1"),
        ("POST", "/chunks/prove", b'{"blocks": [["x", 1]]}', "blocks"),
        ("POST", "/chunks/prove", b'{"blocks": [["x", 4194305]]}', "blocks.0.1"),
        ("POST", "/chunks/prove", orjson.dumps({"blocks": [["x", MAX_BLOCK_BYTES]] * 9}), "blocks"),
        ("POST", "/chunks/prove", orjson.dumps({"blocks": [["x", 1]] * 257}), "blocks"),
        ("POST", "/chunks/read", orjson.dumps({"blocks": [["x", "0" * 16, 1]]}), "blocks"),
        ("POST", "/chunks/read", orjson.dumps({"blocks": [["x", "0", 1]]}), "blocks.0.1"),
        ("POST", "/chunks/read", orjson.dumps({"blocks": [["x", "0" * 16, MAX_BLOCK_BYTES]] * 3}), "blocks"),
        ("POST", "/chunks/read", orjson.dumps({"blocks": [["x", "0" * 16, 1]] * 1025}), "blocks"),
        ("POST", "/chunks/delete", b'{"names": ["../x"]}', "names"),
        ("POST", "/chunks/delete", b'{"names": [], "more": 1}', "more"),
        ("GET", "/meta/A", None, "key"),
        ("PUT", "/meta/a%2F%2E%2E%2Fb", b"x", "key"),
    ],
    ids=range(20),
)
def test_what_cannot_be_is_refused_by_name(
    api: httpx.Client, method: str, path: str, body: bytes | None, field: str | None
) -> None:
    headers = {"Content-Type": "application/json"} if body else {}
    refused = api.request(method, path, content=body, headers=headers)
    if field is None:
        assert refused.status_code == 404
        return
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_a_body_of_many_that_breaks_off_or_says_nonsense_stores_nothing(
    api: httpx.Client, store: MemoryBlockStore
) -> None:
    other = sample(2)
    whole = framed([(other.name, other.data)])
    headers = {"Content-Type": MEDIA_TYPE}
    for wrong in (whole[:-1], whole[:50], whole + b"\x05", b"\x00" * 9, b"\xff" * 300, whole[:1] + b"\xff" + whole[2:]):
        refused = api.post("/chunks", content=wrong, headers=headers)
        assert (refused.status_code, slug(refused)) == (400, "malformed")
    assert api.post("/chunks", content=whole).status_code == 415
    assert api.post("/chunks", content=bytes(MAX_BODY_BYTES + 1), headers=headers).status_code == 413
    assert store.list() == [BLOCK.name]


def test_many_blocks_go_in_as_few_bodies_as_hold_them() -> None:
    def name(number: int) -> BlockName:
        return BlockName(BlockId(number.to_bytes(32)), 10**18, "0" * 16, "z" * 16)

    blocks = [(name(number), bytes(size)) for number, size in enumerate([4 * MIB] * 20 + [1] * 12_000)]
    parts = list(bodies(blocks))
    assert [block for part in parts for block in part] == blocks
    assert all(len(framed(part)) <= MAX_BODY_BYTES for part in parts)
    assert [len(part) for part in parts] == [7, 7, 5000, 5000, 2006]
    assert [(name, bytes(data)) for name, data in unframed(bytearray(framed(parts[1])))] == parts[1]
    assert list(bodies([])) == []
    with pytest.raises(Malformed):
        unframed(bytearray(framed([*parts[2], blocks[-1]])))


def test_more_than_there_is_memory_for_is_told_to_come_again(store: MemoryBlockStore) -> None:
    limits = Limits(receive_bytes=MAX_BODY_BYTES, wait_seconds=0.1)
    head = (
        f"PUT /internal/v1/chunks/{BLOCK.name} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {TOKENS.mint(Room.CHUNKER)}\r\nContent-Length: {MAX_BLOCK_BYTES}\r\n\r\n"
    )
    with service(store, limits) as address, http(address) as client, ExitStack() as stack:
        host, port = address.removeprefix("http://").split(":")
        for _ in range(8):
            slow = stack.enter_context(socket.create_connection((host, int(port))))
            slow.sendall(head.encode() + b"x")
        refused = wait_for_busy(client)
        assert (slug(refused), refused.headers["retry-after"]) == ("busy", "2")
        assert client.get("/chunks").status_code == 200
        stack.close()
        assert put_until_stored(client) == 204


def wait_for_busy(client: httpx.Client) -> httpx.Response:
    """The slow bodies take their memory when their heads are read, which is soon."""
    for _ in range(1000):
        answer = client.put(f"/chunks/{BLOCK.name}", content=BLOCK.data)
        if answer.status_code == 503:
            return answer
    raise AssertionError("never busy")


def put_until_stored(client: httpx.Client) -> int:
    for _ in range(100):
        answer = client.put(f"/chunks/{BLOCK.name}", content=BLOCK.data)
        if answer.status_code != 503:
            break
    return answer.status_code


def test_a_body_that_drips_is_given_up(store: MemoryBlockStore) -> None:
    with service(store, Limits(body_seconds=0.2)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.settimeout(10)
            token = TOKENS.mint(Room.CHUNKER)
            slow.sendall(
                f"PUT /internal/v1/chunks/{BLOCK.name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                "Content-Length: 9\r\n\r\nx".encode()
            )
            assert slow.recv(1000).startswith(b"HTTP/1.1 408")


def test_an_answer_takes_the_memory_that_it_has_and_no_more(store: MemoryBlockStore) -> None:
    large = sample(7, size=MAX_BLOCK_BYTES - len(BLOCK.data))
    store.put(large.name, large.data)
    store.put(BLOCK.name, BLOCK.data)
    limits = Limits(read_bytes=2 * MAX_BLOCK_BYTES - len(BLOCK.data), wait_seconds=0.2, body_seconds=60)
    with service(store, limits) as address, http(address) as client:
        host, port = address.removeprefix("http://").split(":")
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.connect((host, int(port)))
            path = f"/internal/v1/chunks/{large.name}?xxh3={large.xxh3:016x}"
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKENS.mint(Room.CHUNKER)}\r\n\r\n"
            stuck.sendall(head.encode())
            assert stuck.recv(10).startswith(b"HTTP")
            assert client.get(f"/chunks/{BLOCK.name}?xxh3={BLOCK.xxh3:016x}").content == BLOCK.data


def test_readers_who_take_nothing_are_cut_and_their_memory_is_anothers(store: MemoryBlockStore) -> None:
    large = sample(7, size=MAX_BLOCK_BYTES)
    store.put(large.name, large.data)
    limits = Limits(read_bytes=MAX_BLOCK_BYTES, wait_seconds=10, body_seconds=0.3)
    with service(store, limits) as address, http(address) as client:
        host, port = address.removeprefix("http://").split(":")
        path = f"/chunks/{large.name}?xxh3={large.xxh3:016x}"
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.connect((host, int(port)))
            token = TOKENS.mint(Room.CHUNKER)
            stuck.sendall(
                f"GET /internal/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
            assert stuck.recv(10).startswith(b"HTTP")
            assert client.get(path).content == large.data
