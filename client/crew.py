"""The threads that a client works with: some hash, some wait for the network. One crew serves every copy of a client."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from client.connection import Connection
from client.settings import ClientSettings

P = ParamSpec("P")
T = TypeVar("T")

HASHERS = 2


class Crew:
    """Hashing never queues behind sending, so that reading, hashing and sending overlap."""

    def __init__(self, connection: Connection, settings: ClientSettings) -> None:
        self.connection = connection
        self.settings = settings
        self._hashers = ThreadPoolExecutor(HASHERS, "cairn-hash")
        self._senders = ThreadPoolExecutor(settings.jobs, "cairn-send")

    def hash(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._hashers.submit(act, *args, **kwargs)

    def send(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._senders.submit(act, *args, **kwargs)

    def close(self) -> None:
        """Drop what has not begun; what is waiting for the server breaks off as its connection closes."""
        self._hashers.shutdown(wait=False, cancel_futures=True)
        self._senders.shutdown(wait=False, cancel_futures=True)
        self.connection.close()
        self._hashers.shutdown()
        self._senders.shutdown()
