"""The doorbell: "there is work". A hint that may be lost; whoever listens also looks by itself."""

import threading
from collections.abc import Iterable
from typing import Protocol


class Doorbell(Protocol):
    def ring(self, work: str) -> None:
        """Say that there is `work` (the name of a kind). Never blocks, never raises, may be lost."""


class Rings:
    """What one listener heard since it last waited. A kind that rang often is told once."""

    def __init__(self, works: Iterable[str]) -> None:
        self._works = frozenset(works)
        self._rung: set[str] = set()
        self._condition = threading.Condition()

    def ring(self, work: str) -> None:
        """What this listener did not name is not heard."""
        if work in self._works:
            with self._condition:
                self._rung.add(work)
                self._condition.notify()

    def wait(self, timeout_seconds: float) -> set[str]:
        """Wait until it rings or the time is over; what rang since the last call."""
        with self._condition:
            self._condition.wait_for(lambda: bool(self._rung), timeout_seconds)
            rung, self._rung = self._rung, set()
            return rung


class InProcessDoorbell:
    """Wakes threads of this process."""

    def __init__(self) -> None:
        self._listeners: tuple[Rings, ...] = ()

    def listen(self, works: Iterable[str]) -> Rings:
        """Hear `works` from now on."""
        rings = Rings(works)
        self._listeners = (*self._listeners, rings)
        return rings

    def ring(self, work: str) -> None:
        for rings in self._listeners:
            rings.ring(work)
