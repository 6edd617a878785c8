"""Who is at work on which names: a repeated put, a heal and a delete of one name go one after the other."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class NameGuard:
    """Thread-safe. Unrelated names never wait for each other."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._freed = threading.Condition()

    @contextmanager
    def alone(self, names: Collection[str]) -> Iterator[None]:
        """Hold all of `names` at once, waiting until nobody else holds one of them."""
        with self._freed:
            while not self._busy.isdisjoint(names):
                self._freed.wait()
            self._busy.update(names)
        try:
            yield
        finally:
            with self._freed:
                self._busy.difference_update(names)
                self._freed.notify_all()
