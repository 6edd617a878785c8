"""Answers of many files: loads of several small blocks each, read in one go, sent one after the other; their length is not known."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chunker.assembly import Held, LoadsAhead, Pieces, Shared
from chunker.download import Outlet, disconnected
from chunker.ranges import ByteRange
from chunker.read_memory import ReadMemory
from chunker.read_threads import read_in
from foundation.blocks import MIB

LOAD_BYTES = (
    MIB  # What many small files are gathered to: a thread and its hand-over for each would cost more than reading it.
)


@dataclass(frozen=True, slots=True)
class ManyLoad:
    """`read` gives the bytes, about `size` of them, the same whenever it is called; by a thread."""

    size: int
    read: Callable[[], Pieces]


class LoadReader:
    """A Reader of such loads."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    @property
    def memory(self) -> ReadMemory:
        return self._shared.memory

    async def read(self, load: ManyLoad) -> Pieces:
        return await read_in(self._shared.threads, load.read)


class LoadsResponse(Response):
    """Sends what `parts` gives: bytes, and loads of `ahead`. Where one cannot be read the connection is cut, within a chunk of HTTP's."""

    def __init__(
        self,
        parts: AsyncGenerator[bytes | Held[ManyLoad], None],
        ahead: LoadsAhead[ManyLoad],
        headers: Mapping[str, str],
        stall_seconds: float,
    ) -> None:
        super().__init__(None, 200, dict(headers))
        del self.headers["content-length"]
        self._parts, self._ahead, self._stall_seconds = parts, ahead, stall_seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.ensure_future(disconnected(receive))
        outlet = Outlet[ManyLoad](send, self._stall_seconds)
        try:
            async with aclosing(self._parts) as parts:
                async for part in parts:
                    if isinstance(part, bytes):
                        await send({"type": "http.response.body", "body": part, "more_body": True})
                    else:
                        await outlet.send(part, self._ahead, ByteRange(0, sum(map(len, await part.data()))))
                    # The server swallows what is sent to a closed connection; reading on would be for nobody.
                    if gone.done():
                        return
        finally:
            gone.cancel()
            self._ahead.let_go()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
