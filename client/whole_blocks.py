"""Whole blocks from the disk of the front door, several in an answer, received into one buffer: half the processor time of ranges.

By http.client, which reads into memory that is there already; httpcore copies every byte three times.
"""

import socket
import ssl
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from client.errors import ServerUnreachable
from client.http_answers import USER_AGENT
from client.settings import ClientSettings
from client.token_source import TokenSource
from foundation.blocks import MAX_BLOCK_BYTES

MOST = 16  # that the server gives in one answer
_VERIFIES = {"Cairn-Verifies": "sha-256", "User-Agent": USER_AGENT}
_UNVERIFIED = "Cairn-Unverified"
_OK = 200
_IDLE_SECONDS = 4.0  # As the other connections: a request must not go into one that the server is closing.


class _Line:
    """One connection, and the memory that its blocks are received into."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.buffer = bytearray()
        self.used_at = 0.0

    def connect(self, timeout_seconds: float) -> None:
        """`timeout_seconds`: from then on, without a single byte of progress."""
        self.connection.connect()
        self.connection.sock.settimeout(timeout_seconds)

    def cut(self) -> None:
        """Wake who waits for the server; the next request connects anew."""
        if self.connection.sock:
            with suppress(OSError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class WholeBlocks:
    """Thread-safe; as many connections as threads that ask at once."""

    def __init__(self, url: str, tokens: TokenSource, settings: ClientSettings, secure: ssl.SSLContext | None) -> None:
        """`secure`: for an https `url`."""
        self._url, self._tokens, self._settings, self._secure = urlsplit(url), tokens, settings, secure
        self._idle: list[_Line] = []
        self._lines: list[_Line] = []
        self._is_closed = False
        self.is_offered = True  # until an answer shows that it is not

    def run(self, place: str, sizes: Sequence[int]) -> Generator[memoryview, None, None]:
        """Blocks of `sizes` from that at `place` (below /api/v1) on, at most MOST. Nobody has verified them; each is good until the next.

        One try. Raises ServerUnreachable where the server does not offer this, or it breaks off; what the source of tokens raises.
        """
        if max(sizes) > MAX_BLOCK_BYTES:
            raise ServerUnreachable("no block is that long")
        line, is_whole = self._line(), False
        try:
            if len(line.buffer) < max(sizes):
                line.buffer = bytearray(max(sizes))
            answer = self._answer(line, f"{place}?count={len(sizes)}")
            for size in sizes:
                with memoryview(line.buffer) as memory, memory[:size] as block:
                    _fill(block, answer)
                    yield block
            is_whole = not answer.read(1)
        except (OSError, HTTPException) as error:
            raise ServerUnreachable(f"whole blocks broke off: {error or type(error).__name__}") from None
        finally:
            line.used_at = time.monotonic()
            if not is_whole or self._is_closed:
                line.cut()
            self._idle.append(line)

    def close(self) -> None:
        self._is_closed = True
        for line in self._lines:
            line.cut()

    def _line(self) -> _Line:
        try:
            line = self._idle.pop()
        except IndexError:
            line = self._new_line()
        if time.monotonic() - line.used_at > _IDLE_SECONDS:
            line.connection.close()
        return line

    def _new_line(self) -> _Line:
        host, port = self._url.hostname or "", self._url.port
        patience = self._settings.connect_timeout_seconds
        if self._secure:
            line = _Line(HTTPSConnection(host, port, timeout=patience, context=self._secure))
        else:
            line = _Line(HTTPConnection(host, port, timeout=patience))
        self._lines.append(line)
        return line

    def _answer(self, line: _Line, target: str) -> HTTPResponse:
        headers = _VERIFIES | {"Authorization": f"Bearer {self._tokens.token()}"}
        if self._is_closed:
            raise ServerUnreachable("this client is closed")
        if line.connection.sock is None:
            line.connect(self._settings.timeout_seconds)
        line.connection.request("GET", f"{self._url.path}/api/v1{target}", headers=headers)
        answer = line.connection.getresponse()
        if answer.status != _OK:
            raise ServerUnreachable(f"{self._url.hostname} answers {answer.status}")
        if answer.headers[_UNVERIFIED] is None:
            self.is_offered = False
            raise ServerUnreachable(f"{self._url.hostname} has no whole blocks to give")
        return answer


def _fill(block: memoryview, answer: HTTPResponse) -> None:
    """Raises ServerUnreachable where the answer ends before."""
    filled = 0
    while filled < len(block):
        with block[filled:] as rest:
            received = answer.readinto(rest)
        if not received:
            raise ServerUnreachable("an answer of whole blocks ends in the middle of one")
        filled += received
