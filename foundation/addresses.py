"""Where the processes of a room are: they take turns, and one that did not answer comes last for a while."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle

# As long as nginx passes one over, at the front door.
PASSED_OVER_SECONDS = 2.0


class Addresses:
    """`http://host:port` of each process. Thread-safe."""

    def __init__(self, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`text`: one, or several with commas between them. `clock`: seconds that never go back."""
        self._all = [one.rstrip("/") for one in text.split(",")]
        self._clock = clock
        self._turns = count()
        self._lock = threading.Lock()
        self._failed_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._all)

    def turn(self) -> Iterator[str]:
        """For the tries of one call, without an end: whose turn it is, the others after it, those that failed just now last."""
        first, now = next(self._turns) % len(self._all), self._clock()
        with self._lock:
            failed = {one for one, moment in self._failed_at.items() if now - moment < PASSED_OVER_SECONDS}
        return cycle(sorted([*self._all[first:], *self._all[:first]], key=failed.__contains__))

    def each(self) -> Iterator[str]:
        """As `turn`, every one once."""
        return (address for _, address in zip(self._all, self.turn(), strict=False))

    def failed(self, address: str) -> None:
        """It did not answer."""
        with self._lock:
            self._failed_at[address] = self._clock()
