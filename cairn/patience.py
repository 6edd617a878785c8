"""Waiting for what the server does, as long as something does it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cairn.status_text import hindrance

if TYPE_CHECKING:
    from client import SyncSummary

STALL_SECONDS = 300.0


class Patience:
    """Asked again and again while a command waits."""

    def __init__(
        self,
        look: "Callable[[], SyncSummary]",
        clock: Callable[[], float] = time.monotonic,
        seconds: float = STALL_SECONDS,
    ) -> None:
        """`look`: how everything stands. `seconds`: how long nothing may be able to go on."""
        self._look, self._clock, self._seconds = look, clock, seconds
        self._hindered_since: float | None = None

    def keep(self) -> str:
        """What keeps every check from going on, "" for nothing. Raises ChecksStall once that has lasted too long."""
        from client import ChecksStall

        found = hindrance(self._look())
        if not found:
            self._hindered_since = None
            return ""
        if self._hindered_since is None:
            self._hindered_since = self._clock()
        if self._clock() - self._hindered_since >= self._seconds:
            raise ChecksStall(f"Nothing was checked for a while: {found}. What was asked for stays asked for.")
        return f"waiting: {found}"
