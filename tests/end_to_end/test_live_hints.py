"""Live hints as a reader of the real server gets them: what is told, at what cost, and when the stream ends."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.client_of import make_bucket, upload
from tests.servers.cairn_server import SignedInServer, wait_until

STREAMS = 400


class Hints:
    """The messages of one stream, as they come."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Any]:
        for line in self._lines:
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))

    def until(self, **members: Any) -> Any:
        """The next message that says this; those before it are passed over."""
        return next(hint for hint in self if members.items() <= hint.items())


@contextmanager
def hints(server: SignedInServer, token: str = "") -> Iterator[Hints]:
    with server.http(token or server.token) as api, api.stream("GET", "/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Hints(answer.iter_lines())


def test_a_commit_and_its_sync_event_are_told_as_they_happen(lasting_product: SignedInServer) -> None:
    server = lasting_product
    with server.http(server.token) as api, hints(server) as told:
        first = next(iter(told))
        assert first == {"root_sequence": 0, "buckets": []}
        bucket = make_bucket(api)["id"]
        # A bucket that is new appears with its sequence, without asking anew.
        assert told.until(bucket_id=bucket, sequence=0)
        file = upload(api, "hut.blend", b"stones")["file_id"]
        wanted = [{"bucket_id": bucket, "sequence": 1}, {"file_id": file}]
        for hint in told:
            wanted = [one for one in wanted if not one.items() <= hint.items()]
            if not wanted:
                break
        events = api.get("/sync-events", params={"file_id": file}).json()["items"]
        assert [event["type"] for event in events] == ["file.created"]


def test_a_bucket_that_somebody_shares_appears(lasting_server: SignedInServer) -> None:
    server = lasting_server
    guest = server.add_user("guest-of-hints@example.org")
    with server.http(server.token) as api, server.http(guest) as theirs, hints(server, guest) as told:
        next(iter(told))
        bucket = make_bucket(api)["id"]
        user = theirs.get("/me").json()["user_id"]
        assert api.put(f"/buckets/{bucket}/members/{user}", json={"role": "viewer"}).status_code == 200
        told.until(bucket_id=bucket)
        upload(api, "hut.blend", b"stones")
        assert told.until(bucket_id=bucket, sequence=1)


def test_a_stream_ends_when_its_token_is_revoked(lasting_server: SignedInServer) -> None:
    server = lasting_server
    with server.http(server.token) as api:
        made = api.post("/tokens", json={"name": "reader", "scopes": ["files:read"]}).json()
        with hints(server, made["token"]) as told:
            next(iter(told))
            assert api.delete(f"/tokens/{made['id']}").status_code == 204
            assert list(told) == []


def test_streams_end_cleanly_on_sigterm_and_a_reader_that_reads_nothing_holds_up_nobody(
    server: SignedInServer,
) -> None:
    with hints(server) as told, stalled(server):
        next(iter(told))
        server.send_signal(signal.SIGTERM)
        assert list(told) == []  # Its last byte came: a connection that was cut would raise.
        assert server.ended() == 0


def test_hundreds_of_idle_streams_take_no_threads_and_all_are_told(server: SignedInServer) -> None:
    with server.http(server.token) as api, ExitStack() as stack:
        make_bucket(api)
        threads = thread_count(server)
        streams = [stack.enter_context(stalled(server)) for _ in range(STREAMS)]
        for stream in streams:
            read_until(stream, b"root_sequence")
        assert thread_count(server) < threads + 50  # of the pool that answers requests
        upload(api, "hut.blend", b"stones")
        for stream in streams:
            read_until(stream, b'"sequence":1}')
        assert api.get("/buckets").status_code == 200
    with server.http(server.token) as api:
        wait_until(lambda: api.get("/buckets").status_code == 200)


@contextmanager
def stalled(server: SignedInServer) -> Iterator[socket.socket]:
    """A stream that was asked for and of which nothing is read by itself."""
    with server.connect() as connection:
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: cairn\r\nAuthorization: Bearer {server.token}\r\n\r\n"
        connection.sendall(head.encode())
        yield connection


def read_until(connection: socket.socket, wanted: bytes) -> None:
    seen = b""
    while wanted not in seen:
        piece = connection.recv(65_536)
        assert piece, seen
        seen += piece


def thread_count(server: SignedInServer) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Threads")))
