"""What the front door refuses by itself is a problem document: rooms that are away, bodies too long, requests that nobody can read."""

import json
import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from nginx import TimeLimits
from tests.nginx.conftest import ROOMS, House, Houses

ADDRESSES = {
    "metadata": ["/api/v1/buckets", "/api/v1/search?q=x", "/api/v1/changes?wait=1"],
    "chunker": [
        "/api/v1/uploads",
        "/api/v1/buckets/b/content/a%2Fb",
        "/api/v1/files/f/versions/v/chunks/0",
        "/api/v1/tus/",
    ],
    "sync": ["/api/v1/sync/summary", "/api/v1/events", "/readyz", "/api/v1/files/f/verify"],
    "identity": ["/api/v1/me", "/oauth/jwks", "/.well-known/openid-configuration"],
}


def require_problem(answer: httpx.Response, status: int, slug: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = answer.json()
    assert (document["status"], document["type"]) == (status, f"urn:cairn:problem:{slug}")


@pytest.mark.parametrize("room", ROOMS)
def test_an_address_leads_to_its_room_as_it_was_sent(house: House, room: str) -> None:
    with house.plain() as client:
        told = [client.get(path).json() for path in ADDRESSES[room]]
    assert {one["room"] for one in told} == {room}
    assert [one["target"].replace("/readyz/all", "/readyz") for one in told] == ADDRESSES[room]


@pytest.mark.parametrize("absent", ROOMS)
def test_a_room_that_is_down_is_named_and_the_others_go_on(houses: Houses, absent: str) -> None:
    house = houses(absent=absent)
    with house.plain() as plain, house.secure() as secure:
        for client in (plain, secure):
            for path in ADDRESSES[absent]:
                answer = client.get(path)
                require_problem(answer, 503, "unavailable")
                assert answer.json()["detail"] == f"The service {absent} does not answer."
                assert int(answer.headers["retry-after"]) > 0
            others = [path for room in ROOMS if room != absent for path in ADDRESSES[room]]
            assert {client.get(path).status_code for path in ["/", *others]} == {200}


def test_a_room_that_hangs_is_waited_for_within_its_limit_and_what_it_did_is_not_known(houses: Houses) -> None:
    house = houses(limits=TimeLimits(answer=1, wait=1))
    with house.plain() as client:
        for path in ("/api/v1/me?stuck", "/api/v1/uploads?stuck", "/api/v1/changes?stuck", "/api/v1/events?stuck"):
            answer = client.get(path)
            require_problem(answer, 503, "outcome-unknown")
            assert int(answer.headers["retry-after"]) > 0
            assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_what_broke_off_is_not_sent_again(houses: Houses, method: str) -> None:
    house = houses()
    with house.plain() as client:
        require_problem(client.request(method, "/api/v1/me?cut"), 503, "outcome-unknown")
        client.get("/api/v1/me")
    assert house.rooms["identity"].received == 2


MIB = 1024 * 1024
BODIES = [
    ("/api/v1/buckets", MIB),
    ("/oauth/token", MIB),
    ("/api/v1/sync-events/retry", MIB),
    ("/api/v1/uploads", 9 * MIB),
    ("/api/v1/uploads/u/commit", 9 * MIB),
    ("/api/v1/buckets/b/commits", 9 * MIB),
    ("/api/v1/uploads/u/chunks/c", 5 * MIB),
]


@pytest.mark.parametrize(("path", "most"), BODIES)
def test_a_body_has_the_limit_of_its_route(house: House, path: str, most: int) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"\0" * most
        yield b"\0"

    with house.plain() as plain, house.secure() as secure:
        for client in (plain, secure):
            assert client.post(path, content=b"\0" * most).json()["size"] == most
        require_problem(plain.post(path, content=b"\0" * (most + 1)), 413, "too-large")
        require_problem(plain.post(path, content=pieces()), 413, "too-large")
        # Refused by what is declared, before the body is there.
        require_problem(secure.post(path, content=b"", headers={"Content-Length": str(most + 1)}), 413, "too-large")


@pytest.mark.parametrize("path", ["/api/v1/buckets/b/content/a", "/api/v1/tus/x", "/api/v1/uploads/u/chunks"])
def test_long_bodies_are_passed_on_as_they_come(house: House, path: str) -> None:
    pieces = [b"\0" * MIB] * 40
    with house.plain() as client:
        told = client.put(path, content=iter(pieces)).json()
    assert told["size"] == 40 * MIB
    assert not list(house.door.folder.joinpath("body").rglob("*")), "nothing of it lies on the disk"


def sent(house: House, request: bytes, *, secure: bool = False) -> tuple[int, str, str]:
    """Status, head and body of what is answered to these very bytes."""
    connection = socket.create_connection(
        ("127.0.0.1", house.door.secure_port if secure else house.door.port), timeout=20
    )
    with connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split(" ")[1]), head.lower(), body


UNREADABLE = {
    "no request": (b"hello\r\n\r\n", 400),
    "no host": (b"GET /api/v1/me HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a lone percent": (b"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a zero byte": (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "above the root": (b"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a length that is none": (b"PUT /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    "two lengths": (b"PUT /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    "length and encoding": (
        b"PUT /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a chunk that is none": (
        b"PUT /api/v1/me HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        400,
    ),
    "an encoding nobody knows": (b"PUT /api/v1/me HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    "a later HTTP": (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400),
    "a long address": (b"GET /" + b"a" * (64 * 1024 - 5), 431),
    "a long header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * (64 * 1024 - 3), 431),
    "TRACE": (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "the page is not written": (b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 405),
    "another version of it": (b'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nIf-Match: "x"\r\n\r\n', 412),
    "nothing there": (b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "what is nginx's own": (b"GET /refused/400 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_answered_with_a_problem(house: House, what: str) -> None:
    request, expected = UNREADABLE[what]
    status, head, body = sent(house, request)
    assert status == expected
    assert "content-type: application/problem+json" in head
    assert "x-content-type-options: nosniff" in head
    assert "nginx/" not in head + body
    assert json.loads(body)["status"] == expected
    assert ("allow: get, head" in head) == (expected == 405)


def test_what_an_address_of_a_room_takes_the_room_says_of_trace_too(house: House) -> None:
    request = b"TRACE /api/v1/buckets?limit=1 HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nConnection: close\r\n\r\n"
    told = json.loads(sent(house, request)[2])
    assert (told["room"], told["method"], told["target"]) == ("metadata", "TRACE", "/api/v1/buckets?limit=1")


def test_small_content_of_trace_is_left_out_when_the_room_is_asked(house: House) -> None:
    request = (
        b"TRACE /api/v1/buckets HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999
    )
    status, _, body = sent(house, request)
    told = json.loads(body)
    assert (told["room"], told["method"], told["size"]) == ("metadata", "TRACE", 0), status


LONG = {
    "declared": b"Content-Length: 1099511627776\r\n\r\n",
    "in pieces": b"Transfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n",
}


@pytest.mark.parametrize("body", LONG.values(), ids=LONG)
def test_content_of_trace_is_not_waited_for_and_no_room_asked(house: House, body: bytes) -> None:
    before = house.rooms["metadata"].received
    with socket.create_connection(("127.0.0.1", house.door.port), timeout=5) as connection:
        connection.sendall(b"TRACE /api/v1/buckets HTTP/1.1\r\nHost: a\r\n" + body)
        head, _, document = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert json.loads(document)["type"] == "urn:cairn:problem:too-large"
    assert house.rooms["metadata"].received == before


def test_trace_of_a_room_that_is_down_is_a_problem_too(houses: Houses) -> None:
    with houses(absent="metadata").plain() as client:
        require_problem(client.request("TRACE", "/api/v1/buckets"), 503, "unavailable")


def test_plain_http_on_the_port_of_tls_is_a_problem_that_says_so(house: House) -> None:
    status, _, body = sent(house, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", secure=True)
    assert status == 400
    assert "https://" in json.loads(body)["detail"]


def test_the_redirect_to_https_refuses_what_it_cannot_read_the_same_way(houses: Houses) -> None:
    status, head, body = sent(houses(plain_http="redirect"), b"GET /% HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (status, json.loads(body)["status"]) == (400, 400)
    assert "application/problem+json" in head


def test_a_request_that_is_smuggled_behind_another_reaches_nobody(house: House) -> None:
    before = house.rooms["identity"].received
    inner = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n"
    request = (
        b"POST /api/v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    status, _, _ = sent(house, request % (5 + len(inner)) + inner)
    assert status == 400
    assert house.rooms["identity"].received == before


def test_a_name_that_is_signed_by_nobody_is_not_trusted_by_a_client_that_checks(house: House) -> None:
    with httpx.Client(verify=ssl.create_default_context()) as client, pytest.raises(httpx.ConnectError):
        client.get(house.door.secure_url)
