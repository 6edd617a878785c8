"""How a pool's child works: a chore gets a turn, which ends when its time is over or the worker stops; what is left gets another."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from foundation import tracing
from foundation.problems import Problem
from foundation.telemetry import OUR_FAULT
from sync.board import Board
from sync.chore import PAUSE_SECONDS, Chore, Interrupted, Pause
from sync.errors import BrokerUnavailable
from sync.redis_broker import RedisBroker

log = logging.getLogger("cairn.sync")

Opened = Callable[[Pause], AbstractContextManager[Sequence[Chore]]]

# A chore that looks at least hourly goes on where it was; others begin anew, and had better come to their end.
RESUMES_WITHIN_SECONDS = 3600.0
TURN_SECONDS = 20.0
LONG_TURN_SECONDS = 12 * 3600.0
# When a long chore is told again, for which there was no place.
_LATER_SECONDS = 300.0
# A turn that nobody could be told of goes on so long before the next try, and in all so long: whoever hands the work out ends it
# before that, and Celery's own limit, a minute later, would kill the child.
_NEXT_TRY_SECONDS = 2.0
KEPT_SECONDS = 60.0


def is_long(every_seconds: float) -> bool:
    return every_seconds > RESUMES_WITHIN_SECONDS


class Turns:
    """Made before the fork; what it opens is opened in the child. One chore at a time in each, one long one in all of them."""

    def __init__(
        self,
        opened: Opened,
        broker: str,
        board: Board,
        turn_seconds: float = TURN_SECONDS,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        """`opened` gives the chores; it is called in the child, when that has its first work.

        `kept_seconds`: how much longer a turn may take while the broker takes no message that there is more to do.
        """
        self._opened, self._broker, self._board = opened, RedisBroker(broker), board
        self._turn_seconds, self._kept_seconds = turn_seconds, kept_seconds
        self._stack = ExitStack()
        self._chores: dict[str, Chore] = {}
        self._slot, self._ends = 0, 0.0

    def begin(self, slot: int) -> None:
        """In the child, once: its place on the board."""
        self._slot = slot
        self._board.tell(slot, "")

    def close(self) -> None:
        self._stack.close()
        self._broker.close()
        tracing.flush()  # A pool's child ends without what runs at a process's end.

    def run(self, name: str) -> None:
        """One turn of the chore `name`. Never raises: the database says what is still to be done."""
        try:
            self._run(name)
        except Problem as problem:
            log.warning("chore put off", extra={"chore": name, "problem": problem.slug})
        except Exception:
            # The edge of the process: a chore that breaks must not end the others.
            log.exception("chore failed", extra={"chore": name, "advice": OUR_FAULT})

    def _run(self, name: str) -> None:
        if not self._chores:
            self._chores = {chore.name: chore for chore in self._stack.enter_context(self._opened(self._pause))}
        chore = self._chores[name]
        with self._place(chore) as is_free:
            if not is_free:
                self._broker.note_next({name: time.time() + _LATER_SECONDS})
                return
            self._board.tell(self._slot, name)
            try:
                self._work(chore)
            finally:
                self._board.tell(self._slot, "")

    def _work(self, chore: Chore) -> None:
        ends_at_last = self._ends + self._kept_seconds
        while True:
            try:
                if done := chore.run():
                    log.info("chore done", extra={"chore": chore.name, "items": done})
                return
            except Interrupted:
                if self._rung(chore) or self._board.is_stopped or time.monotonic() >= ends_at_last:
                    return
                # Given away now, the turn would be taken up by the next look only, and the beat may be without Redis as well.
                self._ends = time.monotonic() + _NEXT_TRY_SECONDS

    def _rung(self, chore: Chore) -> bool:
        """Whether a message waits that says to go on with it."""
        try:
            self._broker.send(chore.name, chore.queue)
        except BrokerUnavailable:
            return False
        return True

    @contextmanager
    def _place(self, chore: Chore) -> Iterator[bool]:
        """Whether the chore may run now: a second long one would leave too few children for all else."""
        long = is_long(chore.every_seconds)
        self._ends = time.monotonic() + (LONG_TURN_SECONDS if long else self._turn_seconds)
        if not long:
            yield True
            return
        with self._board.place() as is_free:
            yield is_free

    def _pause(self, seconds: float = PAUSE_SECONDS, /) -> None:
        left = self._ends - time.monotonic()
        if self._board.is_stopped or left <= 0:
            raise Interrupted
        time.sleep(min(seconds, left))
