"""HTTP as bytes on a socket: what no library would send."""

import json
import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from tests.servers.cairn_server import CairnServer


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document that this answer must be."""
        assert self.content_type == "application/problem+json", (self.status, self.content_type, self.body[:300])
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["type"].startswith("urn:cairn:problem:")
        assert "Traceback" not in str(document)
        return document


def exchange(server: CairnServer, *pieces: bytes) -> Answer:
    """Send the pieces as they are, and read one answer."""
    with server.connect() as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break  # It has answered and closed already.
        response = HTTPResponse(connection)
        response.begin()
        body = response.read()
        return Answer(response.status, response.getheader("content-type", ""), body)


def hang_up(server: CairnServer, data: bytes) -> bytes:
    """Send `data` and end the connection's one half; the first line of what still comes, if anything does."""
    with server.connect() as connection:
        connection.sendall(data)
        if server.url.startswith("https:"):
            return b""  # A connection by TLS has no halves: whoever ends theirs hears nothing more.
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n")[0]


def request(method: str, target: bytes, token: str, *headers: bytes, host: bytes = b"127.0.0.1") -> bytes:
    """The head of a request, `target` and `headers` byte for byte."""
    lines = [method.encode() + b" /api/v1" + target + b" HTTP/1.1", b"Host: " + host, b"Connection: close"]
    if token:
        lines.append(b"Authorization: Bearer " + token.encode())
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n"


def with_body(method: str, target: bytes, token: str, body: bytes, *headers: bytes) -> bytes:
    return request(method, target, token, b"Content-Length: %d" % len(body), *headers) + body
