"""When a failed request may be tried again: few times, with jitter, and never so often that a sick server stays sick."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryTimes:
    """Pauses double from `first_pause_seconds`; no try begins later than `begin_within_seconds` after the first."""

    tries: int = 4
    first_pause_seconds: float = 0.1
    begin_within_seconds: float = 8.0


class RetryBudget:
    """Tokens that all requests to one server share: a retry takes one, a success gives a tenth back. Thread-safe.

    With the server down, requests soon fail at their first try instead of multiplying its load.
    """

    def __init__(
        self,
        times: RetryTimes,
        tokens: float = 20.0,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._times = times
        self._most = self._tokens = tokens
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()

    def tries(self) -> Iterator[int]:
        """1, 2, … for each try that may be made, a pause before every one but the first. The caller stops at success."""
        start = self._now()
        yield 1
        for number in range(2, self._times.tries + 1):
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 — spreads load, guards nothing.
            pause = self._times.first_pause_seconds * 2 ** (number - 2) * jitter
            if self._now() + pause - start > self._times.begin_within_seconds or not self._take():
                return
            self._sleep(pause)
            yield number

    def succeeded(self) -> None:
        with self._lock:
            self._tokens = min(self._most, self._tokens + 0.1)

    def _take(self) -> bool:
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
