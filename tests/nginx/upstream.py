"""Rooms that say what reached them: enough HTTP to stand behind nginx, thousands of connections at a time."""

import asyncio
import json
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_PIECE = b"\0" * 65536


class Upstream:
    """Answers everything with what was asked. `/…stuck…` is never answered, `/…bytes=N` with N bytes, `/…cut…` breaks off,
    `/…sends=ADDRESS` sends nginx to another address."""

    def __init__(self, room: str, port: int) -> None:
        self.room, self.port = room, port
        self.received = self.waiting = 0
        self._loop = asyncio.new_event_loop()
        self._never = asyncio.Event()
        self._is_listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_listening.wait(20)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=4096))
        self._is_listening.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._close(server))
        self._loop.close()

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # The loop closes their sockets in its next round.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode("latin-1").strip().split("\r\n")
                pairs = [tuple(line.split(": ", 1)) for line in lines]
                headers = {name.lower(): value for name, value in pairs}
                size = await _body(reader, headers)
                method, target, _ = request.split(" ")
                told = {"room": self.room, "method": method, "target": target, "headers": pairs, "size": size}
                await self._answer(told, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # Who has gone needs no answer.
        finally:
            writer.close()

    async def _answer(self, told: Mapping[str, object], writer: asyncio.StreamWriter) -> None:
        target = str(told["target"])
        self.received += 1
        if "stuck" in target:
            self.waiting += 1
            await self._never.wait()
        if "cut" in target:
            raise ConnectionResetError
        many = int(target.partition("bytes=")[2] or 0)
        body = b"" if many else json.dumps(told).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nServer: secret/1.2\r\nContent-Type: application/json\r\n")
        if sends := target.partition("sends=")[2]:
            writer.write(f"X-Accel-Redirect: {sends}\r\n".encode())
        writer.write(f"Content-Length: {many or len(body)}\r\n\r\n".encode() + body)
        for _ in range(many // len(_PIECE)):
            writer.write(_PIECE)
            await writer.drain()
        await writer.drain()


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> int:
    if "chunked" not in headers.get("transfer-encoding", ""):
        left = size = int(headers.get("content-length", 0))
        while left:
            left -= len(await reader.readexactly(min(left, len(_PIECE))))
        return size
    size = 0
    while length := int(await reader.readline(), 16):
        size += len(await reader.readexactly(length))
        await reader.readline()
    await reader.readline()
    return size
