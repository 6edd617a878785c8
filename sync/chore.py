"""What a chore is, in which queue it runs, and how it makes way between two slices of its work."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

# Between two slices, so that an upload that waits for SQLite's one writer gets its turn.
PAUSE_SECONDS = 0.02
DAY = 24 * 3600.0


class Queue(StrEnum):
    """Chores of one queue run beside those of the others: a flood of one kind of work starves no other."""

    VERIFY = "verify"
    REPAIR = "repair"
    COLLECT = "collect"
    SCRUB = "scrub"


class Interrupted(Exception):  # noqa: N818 — nothing is wrong.
    """A pause says that the work must end here: the process stops, or the time of this run is over. What is done stays done."""


class Pause(Protocol):
    """Called between any two slices, with nothing held that others wait for."""

    def __call__(self, seconds: float = PAUSE_SECONDS, /) -> None:
        """Let others work for about so long. Raises Interrupted."""


@dataclass(frozen=True, slots=True)
class Task:
    """A chore as it is rung for: whoever does so needs nothing that the chore works on."""

    queue: Queue
    name: str
    every_seconds: float


@dataclass(frozen=True, slots=True)
class Chore:
    """`run` does what there is and returns how much that was. Safe to repeat, to interrupt, and to run at any number at once."""

    queue: Queue
    name: str
    every_seconds: float
    run: Callable[[], int]


def in_bursts(slice_of: Callable[[], int], seconds: float = 0.05, clock: Callable[[], float] = time.monotonic) -> int:
    """Very short slices, one after the other, as long as one pause is worth; how much it was."""
    began, total = clock(), 0
    while done := slice_of():
        total += done
        if clock() - began >= seconds:
            break
    return total


def drained(slice_of: Callable[[], int], pause: Pause) -> int:
    """Slice after slice, until one finds nothing; how much it was in all."""
    total = 0
    while done := slice_of():
        total += done
        pause()
    return total
