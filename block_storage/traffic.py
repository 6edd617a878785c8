"""Bytes of all requests between the network and the store: bounded memory, few threads, nothing that holds the event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from block_storage.seam import BlockStore, Health, Proof
from foundation.blocks import BlockName
from foundation.budget import Budget
from foundation.http_bodies import declared_bytes, read_body
from foundation.problems import TooLarge

_PIECE_BYTES = 256 * 1024
_PROVED_AT_ONCE = 32

_T = TypeVar("_T")
Piece = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the routes of one event loop share."""

    store: BlockStore
    threads: CapacityLimiter
    provers: CapacityLimiter
    received: Budget
    read: Budget
    body_seconds: float
    prove_seconds: float

    async def run(self, act: Callable[[], _T]) -> _T:
        """`act` in one of the store's threads."""
        return await run_sync(act, limiter=self.threads)

    async def prove(self, names: Sequence[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        """As the store does, in one of few threads: whoever reads and stores keeps the others. What there is no time for is UNKNOWN."""
        return await run_sync(lambda: self._proved(names), limiter=self.provers)

    def _proved(self, names: Sequence[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        # A slow medium must not make the caller give up and ask for the same again: some of it is proved each time.
        ends = time.monotonic() + self.prove_seconds
        found = dict.fromkeys((name for name, _ in names), Proof(Health.UNKNOWN, "the store is too slow"))
        for start in range(0, len(names), _PROVED_AT_ONCE):
            found |= self.store.prove(names[start : start + _PROVED_AT_ONCE])
            if time.monotonic() > ends:
                break
        return found

    @asynccontextmanager
    async def body(self, request: Request, max_bytes: int) -> AsyncIterator[bytearray]:
        """The whole body, which counts against the memory until it is done with. Raises Busy, TooLarge, BodyTooSlow, BodyIncomplete."""
        declared = declared_bytes(request)
        if declared is not None and declared > max_bytes:
            raise TooLarge(f"This body has at most {max_bytes:,} bytes.")
        async with self.received.taken(max_bytes if declared is None else declared):
            yield await read_body(request, max_bytes, self.body_seconds)

    async def answer(
        self, read: Callable[[], Sequence[Piece]], max_bytes: int, media_type: str = "application/octet-stream"
    ) -> Response:
        """What `read` gives, of blocks at most `max_bytes`, sent in pieces. Raises Busy."""
        await self.read.take(max_bytes)
        try:
            pieces = await self.run(read)
        except BaseException:
            self.read.give(max_bytes)
            raise
        # How much it is shows only now.
        kept = min(max_bytes, sum(map(len, pieces)))
        self.read.give(max_bytes - kept)
        return _Sent(pieces, media_type, lambda: self.read.give(kept), self.body_seconds)


class _Sent(Response):
    """Bytes that are in memory until the network has taken them: in pieces, because a server buffers whatever it is handed."""

    def __init__(
        self, pieces: Sequence[Piece], media_type: str, given_back: Callable[[], None], seconds: float
    ) -> None:
        super().__init__(headers={"Content-Length": str(sum(map(len, pieces)))}, media_type=media_type)
        self._pieces, self._given_back, self._seconds = pieces, given_back, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 — ASGI's.
        try:
            async with asyncio.timeout(self._seconds):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                for piece in self._pieces:
                    view = memoryview(piece)
                    for start in range(0, len(view), _PIECE_BYTES):
                        body = view[start : start + _PIECE_BYTES]
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._given_back()
