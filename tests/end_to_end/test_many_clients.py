"""Many at once: uploads, readers that do not read, clients that wait. Memory stays bounded, the others are served."""

import asyncio
import hashlib
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest

from tests.end_to_end.client_of import MIB, make_bucket
from tests.end_to_end.raw_http import request
from tests.servers.cairn_server import SignedInServer, wait_until
from tests.servers.tls import is_through_tls

# What three requests may take; each waits for memory 30 seconds at most, and is refused then.
BOUND_SECONDS = 60
# nginx cuts whoever has taken nothing for a minute.
_CUT_SECONDS = 90
MEMORY_BYTES = 300 * MIB
# Each stream fills a block of its own, 1 MiB, before it takes a turn in the memory that all share.
CROWD_BYTES = 450 * MIB


async def _put_all(server: SignedInServer, files: dict[str, bytes], at_once: int) -> dict[str, int]:
    """Put each file, `at_once` at a time, as often as the server asks for; the last status of each."""
    limits = httpx.Limits(max_connections=at_once)
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=120, limits=limits) as api:

        async def put(path: str, data: bytes) -> tuple[str, int]:
            for _ in range(20):
                answer = await api.put(f"/buckets/studio/content/{path}", content=data)
                if answer.status_code not in (429, 503):
                    break
                await asyncio.sleep(float(answer.headers["retry-after"]))
            return path, answer.status_code

        return dict(await asyncio.gather(*(put(path, data) for path, data in files.items())))


@pytest.mark.full
def test_200_clients_upload_at_once(product: SignedInServer) -> None:
    dice = random.Random(11)
    files = {f"client-{number}": dice.randbytes(dice.randint(1, 1_500_000)) for number in range(200)}
    with product.http(product.token) as api:
        make_bucket(api)
        assert set(asyncio.run(_put_all(product, files, 200)).values()) == {201}
        for path, data in files.items():
            assert api.get(f"/buckets/studio/content/{path}").content == data
    assert product.peak_memory_bytes() < CROWD_BYTES


@contextmanager
def connections(
    server: SignedInServer, count: int, head: bytes, receive_bytes: int | None = None
) -> Iterator[list[socket.socket]]:
    """`count` connections that have sent `head` and read nothing."""
    with ExitStack() as stack:
        crowd = []
        for _ in range(count):
            crowd.append(stack.enter_context(server.connect(timeout_seconds=30, receive_bytes=receive_bytes)))
            crowd[-1].sendall(head)
        yield crowd


def require_others_served(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        started = time.monotonic()
        data = random.Random(5).randbytes(2 * MIB)
        assert api.put("/buckets/studio/content/other", content=data).status_code in (200, 201)
        assert api.get("/buckets/studio/content/other").content == data
        assert api.get("/buckets/studio/files").status_code == 200
        assert time.monotonic() - started < BOUND_SECONDS


def with_file(server: SignedInServer, size: int) -> str:
    data = random.Random(6).randbytes(size)
    with server.http(server.token) as api:
        make_bucket(api)
        assert api.put("/buckets/studio/content/big", content=data).status_code == 201
    return hashlib.sha256(data).hexdigest()


def begun(api: httpx.Client) -> bool:
    """Whether one more reader has had its turn; where it was refused, it was told when to come again."""
    answer = api.get("/buckets/studio/content/big", headers={"Range": "bytes=0-0"})
    assert answer.status_code == 206 or int(answer.headers["retry-after"]) > 0, answer.text
    return answer.status_code == 206


def first_word(reader: socket.socket) -> bytes:
    """Of an answer; none of one that was cut."""
    # TLS gives it with all of its record, 16 KiB, which seems to come through so small a window as seldom as the kernel asks after it.
    reader.settimeout(_CUT_SECONDS)
    with suppress(ConnectionResetError):
        return reader.recv(12)
    return b""


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=[pytest.mark.full, pytest.mark.timeout(900)])])
def test_readers_that_do_not_read_cost_little_and_hold_nobody_up(product: SignedInServer, count: int) -> None:
    digest = with_file(product, 32 * MIB)
    head = request("GET", b"/buckets/studio/content/big", product.token)
    with connections(product, count, head, receive_bytes=4096) as crowd:
        with product.http(product.token) as api:
            # Until they show what they are they come first, each with a block that is read for it.
            wait_until(lambda: begun(api), 300)
            require_others_served(product)
            assert hashlib.sha256(api.get("/buckets/studio/content/big").content).hexdigest() == digest
        said = Counter(first_word(reader) for reader in crowd)
        # A crowd that was refused would hold nobody up.
        assert said.keys() <= {b"HTTP/1.1 200", b"HTTP/1.1 503", b""}, said
        assert said[b"HTTP/1.1 503"] < count / 2, said
        assert product.peak_memory_bytes() < (MEMORY_BYTES if count < 1_000 else CROWD_BYTES + 50 * MIB)
    require_others_served(product)


@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.full)])
def test_clients_that_wait_for_changes_cost_little_and_end_with_the_server(server: SignedInServer, count: int) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
    head = request("GET", b"/changes?after=1&wait=60", server.token)
    with connections(server, count, head) as crowd:
        require_others_served(server)
        assert server.peak_memory_bytes() < MEMORY_BYTES
        assert server.kill(signal.SIGTERM) == 0
        # Long before their minute is over; who were still waiting after the server's last seconds would have been cut.
        assert Counter(map(first_word, crowd)) == {b"HTTP/1.1 200": count}


def test_a_wait_ends_with_the_change_and_with_the_server(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
    with server.connect(timeout_seconds=30) as waiting:
        waiting.sendall(request("GET", b"/buckets/studio/changes?after=0&wait=50", server.token))
        with server.http(server.token) as api:
            api.put("/buckets/studio/content/x", content=b"x")
        assert b"200" in waiting.recv(65536).split(b"\r\n")[0]
    with server.connect(timeout_seconds=30) as waiting:
        waiting.sendall(request("GET", b"/buckets/studio/changes?after=1&wait=50", server.token))
        with server.http(server.token) as api:
            assert api.get("/buckets/studio/files").status_code == 200
        assert server.kill(signal.SIGTERM) == 0
        assert b"200" in waiting.recv(65536).split(b"\r\n")[0]


def test_heads_that_never_end_are_cut_and_hold_nobody_up(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
    with connections(server, 300, b"GET /api/v1/buckets HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        require_others_served(server)
        assert server.kill(signal.SIGTERM) == 0


@pytest.mark.full
def test_a_head_that_does_not_come_ends_the_connection(server: SignedInServer) -> None:
    """One process says 408 before that; nginx says nothing to who has not said all."""
    with server.connect() as slow:
        slow.sendall(b"GET /api/v1/buckets HTTP/1.1\r\nHost: x\r\n")
        said = everything_said(slow)
    assert said.partition(b"\r\n")[0] == (b"" if is_through_tls() else b"HTTP/1.1 408 Request Timeout")


def everything_said(connection: socket.socket) -> bytes:
    """Until its end, whichever way that comes."""
    said = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(65536):
            said += more
    return said


def test_a_reader_that_goes_away_in_the_middle_leaves_nothing_behind(server: SignedInServer) -> None:
    with_file(server, 32 * MIB)
    head = request("GET", b"/buckets/studio/content/big", server.token)
    for _ in range(20):
        with server.connect(timeout_seconds=30) as reader:
            reader.sendall(head)
            assert reader.recv(100_000)
    require_others_served(server)
    assert server.peak_memory_bytes() < MEMORY_BYTES
