"""The doorbell: "there is work". A hint that may be lost; whoever listens also looks by itself."""

import threading
from typing import Protocol


class Doorbell(Protocol):
    def ring(self, work: str) -> None:
        """Say that there is `work` (the name of a kind). Never blocks, never raises, may be lost."""


class InProcessDoorbell:
    """Wakes threads of this process."""

    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._condition = threading.Condition()

    def ring(self, work: str) -> None:
        with self._condition:
            self._rung.add(work)
            self._condition.notify_all()

    def wait(self, timeout_seconds: float) -> set[str]:
        """Wait until it rings or the time is over; what rang since the last call."""
        with self._condition:
            self._condition.wait_for(lambda: bool(self._rung), timeout_seconds)
            rung, self._rung = self._rung, set()
            return rung
