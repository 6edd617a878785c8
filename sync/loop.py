"""The chores of a service, in threads of its own: one a queue, so that none waits for those of another."""

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync

from foundation.doorbell import InProcessDoorbell
from foundation.problems import Problem
from foundation.telemetry import OUR_FAULT
from sync.chore import PAUSE_SECONDS, Chore, Interrupted, Pause, Queue
from sync.heartbeat import EVERY_SECONDS, Heartbeat

log = logging.getLogger("cairn.sync")

Make = Callable[[Pause], Sequence[Chore]]
_STOP = "stop"


def _untold(_doing: str) -> None:
    pass


class Loop:
    """Runs chores when they are due or the doorbell names them. A chore that fails is logged and tried again when next due."""

    def __init__(
        self,
        make: Make,
        doorbell: InProcessDoorbell,
        clock: Callable[[], float] = time.monotonic,
        *,
        queue: Queue | None = None,
        heartbeat: Callable[[str], None] = _untold,
    ) -> None:
        """`make` gives the chores, which must call the pause between any two slices; those of `queue` run here, None: all."""
        self._chores = [chore for chore in make(self._pause) if queue in {None, chore.queue}]
        self._clock, self._heartbeat = clock, heartbeat
        self._rings = doorbell.listen([*(chore.name for chore in self._chores), _STOP])
        # A long interval begins with its wait: a server that is restarted hourly must not sweep hourly.
        self._due = {chore.name: clock() + min(chore.every_seconds, 3600) for chore in self._chores}
        self._stopping = threading.Event()
        self._doing = ""
        self._thread = threading.Thread(target=self._run, name=f"cairn-chores-{queue or 'all'}", daemon=True)

    @property
    def is_idle(self) -> bool:
        """Nothing will ever run here."""
        return not self._chores

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """The running chore ends at its next pause."""
        self._stopping.set()
        self._rings.ring(_STOP)

    def stop(self) -> None:
        """Returns when the running slice has ended."""
        self.ask_to_stop()
        self._thread.join()

    def run_due(self, rung: set[str]) -> None:
        for chore in self._chores:
            if self._stopping.is_set():
                return
            if chore.name in rung or self._due[chore.name] <= self._clock():
                self._run_one(chore)
                self._due[chore.name] = self._clock() + chore.every_seconds

    def _pause(self, seconds: float = PAUSE_SECONDS, /) -> None:
        # What ends within its first slice is not worth telling: most chores look, and find nothing.
        self._tell(self._doing)
        if self._stopping.wait(seconds):
            raise Interrupted

    def _run_one(self, chore: Chore) -> None:
        self._doing = chore.name
        try:
            done = chore.run()
        except Interrupted:
            return
        except Problem as problem:
            log.warning("chore put off", extra={"chore": chore.name, "problem": problem.slug})
        except Exception:
            # The edge of this thread: a chore that breaks must not end the others.
            log.exception("chore failed", extra={"chore": chore.name, "advice": OUR_FAULT})
        else:
            if done:
                log.info("chore done", extra={"chore": chore.name, "items": done})
        finally:
            self._doing = ""

    def _tell(self, doing: str) -> None:
        try:
            self._heartbeat(doing)
        except Problem as problem:
            log.warning("not told what is done", extra={"problem": problem.slug})

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._tell("")
            soonest = min(self._due.values(), default=self._clock() + EVERY_SECONDS)
            self.run_due(self._rings.wait(min(max(0.0, soonest - self._clock()), EVERY_SECONDS)))


class Loops:
    """One Loop for each queue that has chores."""

    def __init__(
        self, make: Make, doorbell: InProcessDoorbell, heartbeat: Callable[[Queue], Heartbeat] | None = None
    ) -> None:
        """`make` is called once for each queue."""
        loops = [
            Loop(make, doorbell, queue=queue, heartbeat=heartbeat(queue) if heartbeat else _untold) for queue in Queue
        ]
        self._loops = [loop for loop in loops if not loop.is_idle]

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Returns when all running slices have ended."""
        for loop in self._loops:
            loop.ask_to_stop()
        for loop in self._loops:
            loop.stop()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """They run while this is open; leaving it waits for the running slices."""
        self.start()
        try:
            yield
        finally:
            await run_sync(self.stop)
