"""Clients that put files one after another while things break, and remember what they were told."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.servers.cairn_server import SignedInServer, wait_until


@dataclass
class Load:
    """`acknowledged`: path → bytes of each put that was answered 2xx. `refused`: (status, seconds, headers) of all others."""

    server: SignedInServer
    seed: int
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    refused: list[tuple[int, float, httpx.Response]] = field(default_factory=list)
    cut: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self._stopping.set()

    def put_until_stopped(self, client: int) -> None:
        dice = random.Random(self.seed * 100 + client)
        with self.server.http(self.server.token) as api:
            for number in range(1_000_000):
                if self._stopping.is_set():
                    return
                self._put(api, f"load/{self.seed}-{client}-{number}", dice.randbytes(dice.randint(1, 200_000)))

    def _put(self, api: httpx.Client, path: str, data: bytes) -> None:
        started = time.monotonic()
        try:
            answer = api.put(f"/buckets/studio/content/{path}", content=data)
        except httpx.TransportError:
            self.cut += 1
            self._stopping.wait(0.02)
            return
        if answer.is_success:
            self.acknowledged[path] = data
        else:
            self.refused.append((answer.status_code, time.monotonic() - started, answer))
            self._stopping.wait(0.02)

    def more_acknowledged(self, count: int, seconds: float = 60) -> None:
        """Wait until `count` more puts were acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted, seconds)

    def more_refused(self, count: int, seconds: float = 60) -> None:
        wanted = len(self.refused) + count
        wait_until(lambda: len(self.refused) >= wanted, seconds)


@contextmanager
def threads_of(work: Callable[[int], None], count: int, stop: Callable[[], None]) -> Iterator[None]:
    """`work` in `count` threads, by their numbers; when the block ends they are told to `stop`, and waited for."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop()
        for thread in threads:
            thread.join()


@contextmanager
def load_on(server: SignedInServer, clients: int = 3, seed: int = 1) -> Iterator[Load]:
    """Clients that put into the bucket `studio` until the block ends."""
    load = Load(server, seed)
    with threads_of(load.put_until_stopped, clients, load.stop):
        yield load


def journal(api: httpx.Client, bucket: str = "studio") -> list[dict[str, object]]:
    changes: list[dict[str, object]] = []
    while True:
        page = api.get(f"/buckets/{bucket}/changes", params={"after": len(changes), "limit": 10_000}).json()
        changes += page["items"]
        if not page["more"]:
            return changes


def require_all_there(server: SignedInServer, acknowledged: dict[str, bytes]) -> None:
    """Every acknowledged file reads back as it was sent, and the journal has neither gap nor double."""
    with server.http(server.token) as api:
        for path, data in acknowledged.items():
            answer = api.get(f"/buckets/studio/content/{path}")
            assert (answer.status_code, answer.content == data) == (200, True), (path, answer.status_code)
        changes = journal(api)
        assert [change["sequence"] for change in changes] == list(range(1, len(changes) + 1))
        created = [change["path"] for change in changes if change["kind"] == "file.created"]
        assert len(created) == len(set(created))
        assert acknowledged.keys() <= set(created)
