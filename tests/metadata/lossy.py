"""A network between a room and the catalogue that loses requests and answers: a real proxy on a real socket."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from foundation.http_room import RoomClient, RoomLimits
from foundation.service_tokens import Room, ServiceTokens
from metadata import Catalogue, http_catalogue

Likely = Callable[[str, bytes], float]


def never(_what: str, _head: bytes) -> float:
    return 0.0


class Network:
    """Passes whole requests and answers on, or cuts the connection instead: before the request arrives, or behind the answer."""

    def __init__(self, address: str, *, likely: Likely = never, seed: int = 0) -> None:
        """`likely`: how likely a "request", or the "answer" to it, is lost, by the request's bytes."""
        parts = urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self.likely, self._dice = likely, random.Random(seed)
        self._next: str | None = None
        self._meanwhile: Callable[[], None] = lambda: None
        self._catalogues: list[Catalogue] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.requests = 0
        self.lost: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for catalogue in self._catalogues:
            catalogue.close()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def catalogue(self, tokens: ServiceTokens, limits: RoomLimits) -> Catalogue:
        """The catalogue as the worker reaches it through this; closed with it."""
        port = self._server.sockets[0].getsockname()[1]
        self._catalogues.append(http_catalogue(RoomClient(f"http://127.0.0.1:{port}", Room.SYNC, tokens, limits)))
        return self._catalogues[-1]

    def lose_next(self, what: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """The next request, or the next answer, and no other; `meanwhile` happens before anybody hears of it."""
        self._next, self._meanwhile = what, meanwhile

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _end(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _loses(self, what: str, request: bytes) -> bool:
        if self._next == what:
            self._next = None
            await self._loop.run_in_executor(None, self._meanwhile)
        elif self._dice.random() >= self.likely(what, request):
            return False
        self.lost[what] += 1
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        try:
            while request := await _message(reader):
                self.requests += 1
                if await self._loses("request", request):
                    return
                far_writer.write(request)
                answer = await _message(far_reader)
                if answer is None or await self._loses("answer", request):
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            far_writer.close()
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """A whole HTTP message, all of which have a Content-Length here; None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b"")
