"""Whether people move bytes through this process now: what works in the background beside them asks, and makes way."""

import time
from collections.abc import Callable
from typing import Any, cast

from block_storage import BlockStore

# Between two blocks of one upload, however slow its network, nobody needs to wait for more than this.
_LINGERS_SECONDS = 0.5
_MOVING = frozenset({"put", "put_many", "get"})


class Foreground:
    """Thread-safe. What goes through `store` is people's."""

    def __init__(self, store: BlockStore) -> None:
        self._last = 0.0
        self.store = cast(BlockStore, _Noted(store, self._note))

    def is_busy(self) -> bool:
        return time.monotonic() - self._last < _LINGERS_SECONDS

    def _note(self) -> None:
        self._last = time.monotonic()


class _Noted:
    """A BlockStore whose use is noted."""

    def __init__(self, store: BlockStore, note: Callable[[], None]) -> None:
        self._store, self._note = store, note

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in _MOVING:
            return method

        def noted(*arguments: Any) -> Any:
            self._note()
            try:
                return method(*arguments)
            finally:
                self._note()

        return noted
