"""Chunk lists of what is read just now: a player asks for one range after the other, and each costs the catalogue two questions less."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from uuid import UUID

from metadata import StoredChunk

PAGE_CHUNKS = 256
# Who may read a version is asked each time. A list of chunks never changes, but a repaired block has another name.
KEPT_SECONDS = 25.0
MAX_CHUNKS = 8_192  # of all lists together: some 4 MB


class ChunkLists:
    """Pages of PAGE_CHUNKS chunks, the last used ones, at most 25 seconds old. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._pages: OrderedDict[tuple[UUID, int], tuple[float, Sequence[StoredChunk]]] = OrderedDict()
        self._chunks = 0

    def find(self, content: UUID, index: int) -> Sequence[StoredChunk]:
        """The chunks from `index` to the end of its page; none where they are not known."""
        number, place = divmod(index, PAGE_CHUNKS)
        with self._lock:
            since, page = self._pages.get((content, number), (0.0, ()))
            if not page or self._clock() - since > KEPT_SECONDS:
                return ()
            self._pages.move_to_end((content, number))
        return page[place:]

    def at(self, content: UUID, index: int, offset: int) -> int | None:
        """The index of the chunk that holds byte `offset`, if it is on the page of `index`, a guess, and that page is known."""
        page = self.find(content, index - index % PAGE_CHUNKS)
        return next((chunk.index for chunk in page if chunk.offset <= offset < chunk.offset + chunk.size), None)

    def keep(self, content: UUID, page: Sequence[StoredChunk]) -> None:
        """`page`: a whole one, from its first chunk on."""
        key = content, page[0].index // PAGE_CHUNKS
        with self._lock:
            self._drop(key)
            self._pages[key] = self._clock(), page
            self._chunks += len(page)
            while self._chunks > MAX_CHUNKS:
                self._drop(next(iter(self._pages)))

    def forget(self, content: UUID, index: int) -> None:
        """What is known of the chunk `index` is not so any more."""
        with self._lock:
            self._drop((content, index // PAGE_CHUNKS))

    def _drop(self, key: tuple[UUID, int]) -> None:
        _, page = self._pages.pop(key, (0.0, ()))
        self._chunks -= len(page)
