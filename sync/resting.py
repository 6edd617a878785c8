"""How long background work rests between two slices: long while people move bytes, hardly at all while nobody does."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sync.chore import PAUSE_SECONDS, Pause

# Of the time that a slice took, so much is rest. A slice has both processors to itself, so that at nine parts of rest whoever
# uploads meanwhile loses about a tenth.
BUSY_REST, QUIET_REST = 9.0, 0.1
# While it rests it looks whether the others have ended.
_LOOK_SECONDS = 0.1

IsBusy = Callable[[], bool]


def nobody_moves() -> bool:
    """For a process that people's bytes do not pass through: its own priority makes way."""
    return False


@dataclass(frozen=True, slots=True)
class Resting:
    """`is_busy`: whether people move bytes through this process now."""

    pause: Pause
    is_busy: IsBusy = nobody_moves
    clock: Callable[[], float] = time.monotonic

    def after(self, worked_seconds: float, at_least: float = PAUSE_SECONDS) -> None:
        """Rest after a slice that took `worked_seconds`. Raises Interrupted."""
        began = self.clock()
        self.pause(max(at_least, worked_seconds * QUIET_REST))
        while self.is_busy() and (left := began + worked_seconds * BUSY_REST - self.clock()) > 0:
            self.pause(min(left, _LOOK_SECONDS))
