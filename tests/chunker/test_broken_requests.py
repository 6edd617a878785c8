"""Bodies that lie about their length, paths that lie about where they lead, readers that leave."""

import socket

import pytest

from foundation.blocks import MIB
from tests.chunker.served import FRAMED, Person, Served, chunk_list, cut, framed, id_of, some_bytes

DATA = some_bytes(3 * MIB + 5, seed=23)


def sent_raw(stack: Served, me: Person, head: str, body: bytes, *, leaves: bool = False) -> bytes:
    """What the server answers to a request written by hand. `leaves`: nothing more comes, and the sender goes."""
    authorization = me.http.headers["Authorization"]
    with socket.create_connection(stack.host_and_port, timeout=20) as connection:
        connection.sendall(f"{head}\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n".encode() + body)
        if leaves:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def api(me: Person, path: str) -> str:
    return f"/api/v1{me.content}/{path}"


def is_over(me: Person) -> bool:
    """Whether no upload is left open: asked again, since the server ends it when it sees the connection go."""
    return any(not me.http.get("/uploads").json()["items"] for _ in range(500))


def test_a_put_that_is_shorter_than_it_said_leaves_nothing_behind(stack: Served, me: Person) -> None:
    sent_raw(stack, me, f"PUT {api(me, 'a')} HTTP/1.1\r\nContent-Length: {len(DATA) + 1}", DATA, leaves=True)
    assert is_over(me)
    assert me.http.get(f"{me.content}/a").status_code == 404


def test_a_chunked_put_that_breaks_off_leaves_nothing_behind(stack: Served, me: Person) -> None:
    body = b"%x\r\n" % len(DATA) + DATA + b"\r\n"
    sent_raw(stack, me, f"PUT {api(me, 'a')} HTTP/1.1\r\nTransfer-Encoding: chunked", body, leaves=True)
    assert is_over(me)
    assert me.http.get(f"{me.content}/a").status_code == 404


@pytest.mark.parametrize("length", ["-1", "x", "1\r\nContent-Length: 2", "99999999999999999999999"])
def test_a_length_that_is_none_is_refused(stack: Served, me: Person, length: str) -> None:
    answer = sent_raw(stack, me, f"PUT {api(me, 'a')} HTTP/1.1\r\nContent-Length: {length}\r\nConnection: close", b"x")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert me.http.get(f"{me.content}/a").status_code == 404


def test_a_put_that_is_cut_off_again_and_again_is_resumed_with_what_is_missing(stack: Served, me: Person) -> None:
    plan = {"bucket": str(me.bucket.id), "path": "a", "size": len(DATA), "chunks": chunk_list(DATA)}
    upload = me.http.post("/uploads", json=plan).json()["upload_id"]
    by_id = {id_of(block): block for block in cut(DATA)}
    for left in (4, 3):
        missing = me.http.get(f"/uploads/{upload}").json()["missing"]
        assert len(missing) == left
        blocks = sorted((by_id[id] for id in missing), key=len, reverse=True)
        body = framed(*blocks)
        head = (
            f"POST /api/v1/uploads/{upload}/chunks HTTP/1.1\r\nContent-Type: {FRAMED['Content-Type']}\r\n"
            f"Content-Length: {len(body)}"
        )
        # The server may not see what came in the same moment as the end: the second block is all but whole.
        sent_raw(stack, me, head, framed(*blocks[:2])[:-1], leaves=True)
        while len(me.http.get(f"/uploads/{upload}").json()["missing"]) == left:
            pass  # The server keeps what came whole once it sees the connection go; the test's time limit bounds it.
    me.http.post(f"/uploads/{upload}/chunks", content=framed(*by_id.values()), headers=FRAMED)
    assert me.http.post(f"/uploads/{upload}/commit").status_code == 201
    assert me.http.get(f"{me.content}/a").content == DATA


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 422),
        (".", 422),
        ("..", 422),
        ("a/../b", 422),
        ("a//b", 422),
        ("/a", 422),
        ("a%2F..%2Fb", 422),
        ("%00", 422),
        ("a%0Ab", 422),
        ("%", 400),
        ("%zz", 400),
        ("%C0%AF", 400),
        ("%FF", 400),
        ("n" * 256, 422),
        ("/".join(["n" * 128] * 8), 422),
        ("%E2%80%AE.txt", 201),
        ("CON", 201),
        ("aux.txt", 201),
        ("dot.", 201),
        ("'; DROP", 201),
        ("%25s", 201),
        ("%F0%9F%8E%89", 201),
        ("n" * 255, 201),
        ("/".join(["n" * 127] * 8), 201),
    ],
)
def test_a_path_is_taken_as_it_is_or_refused(stack: Served, me: Person, path: str, status: int) -> None:
    path = path.replace(" ", "%20")
    answer = sent_raw(stack, me, f"PUT {api(me, path)} HTTP/1.1\r\nContent-Length: 1\r\nConnection: close", b"x")
    assert answer.split(b" ", 2)[1] == str(status).encode(), answer
    if status == 201:
        got = sent_raw(stack, me, f"GET {api(me, path)} HTTP/1.1\r\nConnection: close", b"")
        assert got.endswith(b"\r\n\r\nx")


def test_twins_by_normal_form_are_two_files(me: Person) -> None:
    me.http.put(f"{me.content}/\u00e9", content=b"composed")
    me.http.put(f"{me.content}/e\u0301", content=b"apart")
    assert me.http.get(f"{me.content}/\u00e9").content == b"composed"


def test_a_reader_who_leaves_disturbs_nobody(stack: Served, me: Person) -> None:
    me.http.put(f"{me.content}/a", content=DATA)
    for _ in range(5):
        with me.http.stream("GET", f"{me.content}/a") as answer:
            next(answer.iter_raw())
    assert me.http.get(f"{me.content}/a").content == DATA
