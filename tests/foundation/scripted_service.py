"""A service that answers by a script of raw bytes, and remembers what it was asked."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = bytes | Callable[[socket.socket], None]


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class ScriptedService:
    """Each request takes the next of `script`; what comes after the last takes `then`."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.script: list[Script] = []
        self.then: Script = answer(200, b"{}")
        self.asked: list[bytes] = []
        self._lock = threading.Lock()

    def serve(self, connection: socket.socket) -> None:
        request = _request(connection)
        if not request:
            return
        with self._lock:
            self.asked.append(request)
            act = self.script.pop(0) if self.script else self.then
        if callable(act):
            act(connection)
        else:
            connection.sendall(act)


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def scripted_service() -> Iterator[ScriptedService]:
    found: list[ScriptedService] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                found[0].serve(self.request)
            except OSError:
                return  # Whoever asked has gone.

    with _Server(("127.0.0.1", 0), Handler) as server:
        found.append(ScriptedService(server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found[0]
        finally:
            server.shutdown()
            thread.join()
