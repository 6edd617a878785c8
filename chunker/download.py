"""The answer that carries a content: whole, one range, or several; memory flat however slow the reader is."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Generic

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chunker.assembly import Held, L, LoadsAhead, Pieces, ReadAhead, Run
from chunker.ranges import ByteRange
from chunker.read_memory import ReadMemory

# A block is written to the socket in pieces of this size: one of them is what a stalled reader costs.
PIECE_BYTES = 128 * 1024
# Who has not taken a piece for so long may lose its blocks to readers that wait for memory.
SLOW_SECONDS = 0.05


class Part:
    """A stretch of the body: literal bytes, then a range of the content."""

    def __init__(self, head: bytes, bytes_of: ReadAhead | None) -> None:
        self.head = head
        self.bytes_of = bytes_of

    @property
    def size(self) -> int:
        wanted = self.bytes_of.wanted if self.bytes_of else ByteRange(0, 0)
        return len(self.head) + wanted.end - wanted.start


class ContentResponse(Response):
    """Sends its parts. Where a part cannot be read, the connection is cut before Content-Length is reached: never wrong bytes."""

    def __init__(
        self, parts: Sequence[Part], status_code: int, headers: Mapping[str, str], stall_seconds: float
    ) -> None:
        super().__init__(None, status_code, {**headers, "Content-Length": str(sum(part.size for part in parts))})
        self._parts = parts
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            gone = asyncio.ensure_future(disconnected(receive))
            try:
                await self._send_parts(send, gone)
            finally:
                gone.cancel()
                for part in self._parts:
                    if part.bytes_of:
                        part.bytes_of.let_go()
            if gone.done() and not gone.cancelled():
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_parts(self, send: Send, gone: "asyncio.Future[None]") -> None:
        for part in self._parts:
            if part.head:
                await send({"type": "http.response.body", "body": part.head, "more_body": True})
            if part.bytes_of is None:
                continue
            while held := await part.bytes_of.next():
                await self._send_run(held, part.bytes_of, send)
                # The server swallows what is sent to a closed connection; reading on would be for nobody.
                if gone.done():
                    return

    async def _send_run(self, held: Held[Run], ahead: ReadAhead, send: Send) -> None:
        offset = held.load.offset
        wanted = ByteRange(max(0, ahead.wanted.start - offset), min(held.load.size, ahead.wanted.end - offset))
        await Outlet[Run](send, self._stall_seconds).send(held, ahead, wanted)


class Outlet(Generic[L]):
    """Where loads leave for one reader, in pieces, with little in memory while the reader is slow."""

    def __init__(self, send: Send, stall_seconds: float) -> None:
        self._send = send
        self._stall_seconds = stall_seconds

    async def send(self, held: Held[L], ahead: LoadsAhead[L], wanted: ByteRange) -> None:
        """Send `wanted` of the load's bytes and let go of them."""
        position = wanted.start

        def let_go() -> None:
            held.let_go()
            ahead.let_go()

        try:
            while position < wanted.end:
                # The server buffers one piece; without a piece of ours in hand we wait until it has gone.
                await self._taken(ahead.memory, let_go)
                piece = _piece(await held.data(), position, min(wanted.end, position + PIECE_BYTES))
                position += len(piece)
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            held.let_go()

    async def _taken(self, memory: ReadMemory, let_go: Callable[[], None]) -> None:
        """Wait until the last piece is taken; `let_go` is called if that stalls, or is slow while others want the memory."""
        loop = asyncio.get_running_loop()
        timers = (
            loop.call_later(SLOW_SECONDS, memory.slow, self, let_go),
            loop.call_later(self._stall_seconds, let_go),
        )
        try:
            await self._send({"type": "http.response.body", "body": b"", "more_body": True})
        finally:
            for timer in timers:
                timer.cancel()
            memory.quick(self)


def _piece(data: Pieces, start: int, end: int) -> bytes:
    """What begins at `start`, up to `end`, or to the end of the block that it lies in. A copy: a view would keep the blocks in memory."""
    for block in data:
        if start < len(block):
            return bytes(memoryview(block)[start:end])
        start, end = start - len(block), end - len(block)
    return b""


async def disconnected(receive: Receive) -> None:
    """Return when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def byteranges(
    ranges: Sequence[ByteRange], readers: Sequence[ReadAhead], size: int, content_type: str
) -> tuple[list[Part], str]:
    """The parts of a multipart/byteranges body (RFC 9110, 14.6), and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        Part(
            f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {one.content_range(size)}\r\n\r\n".encode(),
            reader,
        )
        for one, reader in zip(ranges, readers, strict=True)
    ]
    parts.append(Part(f"\r\n--{boundary}--\r\n".encode(), None))
    return parts, f"multipart/byteranges; boundary={boundary}"
