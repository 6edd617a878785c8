"""The chores of a one-process server, one after another in a thread of their own. Celery calls the same functions elsewhere."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from block_storage import BlockStore
from foundation.doorbell import InProcessDoorbell
from foundation.problems import Problem
from metadata import Collection
from sync.collect import Pause, collect, erase, expire, index, nominate, prune, recount, sweep
from sync.two_truths import TwoTruths

log = logging.getLogger("cairn.sync")

# Between two slices, so that an upload that waits for SQLite's one writer gets its turn.
PAUSE_SECONDS = 0.02
DAY = 24 * 3600.0


class Queue(StrEnum):
    """Chores of one queue run beside those of the others: a flood of one kind of work starves no other."""

    VERIFY = "verify"
    REPAIR = "repair"
    COLLECT = "collect"
    SCRUB = "scrub"


@dataclass(frozen=True, slots=True)
class Chore:
    """`run` does what there is and returns how much that was. Safe to repeat, to interrupt, and to run at any number at once."""

    queue: Queue
    name: str
    every_seconds: float
    run: Callable[[], int]


def chores(collection: Collection, store: BlockStore, truths: TwoTruths, pause: Pause) -> Sequence[Chore]:
    """Whatever may erase asks `truths` before each pass."""

    def agreed(run: Callable[[], int]) -> Callable[[], int]:
        def require_and_run() -> int:
            truths.require()
            return run()

        return require_and_run

    def raised() -> int:
        truths.raise_generation()
        return 0

    def ended() -> int:
        done = expire(collection, pause)
        return done.uploads + done.versions

    return (
        Chore(Queue.COLLECT, "expire", 60, ended),
        Chore(Queue.COLLECT, "index", 5, lambda: index(collection, pause)),
        Chore(Queue.COLLECT, "collect", 30, agreed(lambda: collect(collection, pause))),
        Chore(Queue.COLLECT, "erase", 60, agreed(lambda: erase(collection, store, pause))),
        Chore(Queue.COLLECT, "nominate", DAY, lambda: nominate(collection, pause)),
        Chore(Queue.COLLECT, "recount", DAY, lambda: recount(collection, pause)),
        Chore(Queue.COLLECT, "prune", DAY, lambda: prune(collection, pause)),
        Chore(Queue.COLLECT, "sweep", 7 * DAY, agreed(lambda: sweep(collection, store, truths.seen, pause))),
        Chore(Queue.COLLECT, "generation", DAY, raised),
    )


class _Stopped(Exception):  # noqa: N818 — nothing is wrong.
    """The loop was told to stop between two slices."""


class Loop:
    """Runs chores when they are due or the doorbell names them. A chore that fails is logged and tried again when next due."""

    def __init__(
        self,
        make: Callable[[Pause], Sequence[Chore]],
        doorbell: InProcessDoorbell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`make` gives the chores, which must call the pause between any two slices."""
        self._chores, self._doorbell, self._clock = make(self._pause), doorbell, clock
        # A long interval begins with its wait: a server that is restarted hourly must not sweep hourly.
        self._due = {chore.name: clock() + min(chore.every_seconds, 3600) for chore in self._chores}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cairn-chores", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the running slice has ended."""
        self._stopping.set()
        self._doorbell.ring("stop")
        self._thread.join()

    def run_due(self, rung: set[str]) -> None:
        for chore in self._chores:
            if self._stopping.is_set():
                return
            if chore.name in rung or self._due[chore.name] <= self._clock():
                self._run_one(chore)
                self._due[chore.name] = self._clock() + chore.every_seconds

    def _pause(self) -> None:
        if self._stopping.wait(PAUSE_SECONDS):
            raise _Stopped

    def _run_one(self, chore: Chore) -> None:
        try:
            done = chore.run()
        except _Stopped:
            return
        except Problem as problem:
            log.warning("chore put off", extra={"chore": chore.name, "problem": problem.slug})
        except Exception:
            # The edge of this thread: a chore that breaks must not end the others.
            log.exception("chore failed", extra={"chore": chore.name})
        else:
            if done:
                log.info("chore done", extra={"chore": chore.name, "items": done})

    def _run(self) -> None:
        while not self._stopping.is_set():
            soonest = min(self._due.values(), default=self._clock() + 60)
            self.run_due(self._doorbell.wait(min(max(0.0, soonest - self._clock()), 60)))
