"""uvicorn's HTTP protocol with what it leaves out: bounds on a request's head, and problems for what is no HTTP."""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from cairn.errors import HeadTooSlow
from foundation.http_problems import MEDIA_TYPE
from foundation.problems import HeadersTooLarge, Malformed, Problem

# The service judges complete heads, by its setting; this only keeps one that never ends from filling memory.
MAX_HEAD_BYTES = 256 * 1024
HEAD_SECONDS = 30.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A head has 30 seconds and 256 KiB; so do the 30 seconds before the first one."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn has it.
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is None:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_is_there()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — uvicorn's words for the log.
        self._refuse(Malformed("These bytes are no HTTP request that can be read: check length, encoding and headers."))

    def _await_head(self) -> None:
        self._head_is_there()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _head_is_there(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer, self._head_bytes = None, 0

    def _head_is_late(self) -> None:
        if self._is_answering():  # It belongs to a pipelined request, whose turn has not come.
            self._await_head()
        else:
            self._refuse(HeadTooSlow())

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        self._head_is_there()
        if not (self._is_answering() and self.cycle.response_started):
            body = orjson.dumps(problem.document())
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[problem.status] + head.encode() + body)
        self.transport.close()
