"""The processes that do a worker's work: Celery's, or one that looks by itself while the broker is away.

    python -m cairn.hands FOREMAN BOARD CONCURRENCY QUEUE… SOCKET

is a nursery of them for a foreman whose own was lost. FOREMAN is its process, BOARD and SOCKET are numbers of open files.
"""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from cairn.compose.work import opened_chores, opened_parts
from cairn.counting import count_in, counted_in, counts_folder
from cairn.nursery import Nursery, tend
from cairn.settings import ServerSettings
from foundation import tracing
from foundation.doorbell import InProcessDoorbell
from foundation.telemetry import log_to_stderr
from sync import TASKS, Board, Heartbeat, Loops, Queue, Turns, celery_application, chores, load_worker, run_worker


class Way(StrEnum):
    """How a worker comes to its work."""

    CELERY = "celery"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Hands:
    """What one worker does, at most `concurrency` things at the same time. `counts`: the folder in which it counts them."""

    settings: ServerSettings
    queues: Sequence[Queue]
    board: Board
    concurrency: int
    counts: Path

    def load(self) -> None:
        """All that is loaded only when it is needed, and the proof that there is something to work on. Raises as `opened_parts` does."""
        with opened_parts(self.settings):
            load_worker()

    def nursery(self) -> Nursery:
        """A copy of this process; see Nursery.forked."""
        return Nursery.forked(self.work)

    def another_nursery(self) -> Nursery:
        """For one that was lost: this process has threads meanwhile."""
        arguments = [str(os.getpid()), str(self.board.file), str(self.concurrency), *self.queues]
        command = [sys.executable, "-m", "cairn.hands", *arguments]
        return Nursery.started(command, [self.board.file], os.environ | counted_in(self.counts))

    def work(self, way: str) -> int:
        """In a process of their own, until SIGTERM; the exit status."""
        count_in(self.counts)
        tracing.begin_tracing("cairn-worker", self.settings.otlp_endpoint)
        for chatty in ("celery.app.trace", "celery.worker.strategy", "httpx"):
            # Several lines for each look, of which most find nothing; what a chore did it tells itself.
            logging.getLogger(chatty).setLevel(logging.WARNING)
        try:
            return self._by_polling() if Way(way) is Way.POLL else self._by_celery()
        finally:
            tracing.flush()

    def _by_celery(self) -> int:
        broker = self.settings.required_broker()
        turns = Turns(partial(opened_chores, self.settings), broker, self.board)
        return run_worker(celery_application(broker, TASKS, turns), turns, self.queues, self.concurrency)

    def _by_polling(self) -> int:
        """As the threads of a server in which nobody rings."""
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.set())
        with opened_parts(self.settings) as parts:
            loops = Loops(
                lambda pause: [chore for chore in chores(parts, pause) if chore.queue in self.queues],
                InProcessDoorbell(),
                lambda queue: Heartbeat(queue, self._on_board),
            )
            loops.start()
            stopping.wait()
            loops.stop()
        return 0

    def _on_board(self, queue: str, doing: str) -> None:
        self.board.tell(list(Queue).index(Queue(queue)), doing)


def main(arguments: Sequence[str]) -> int:
    foreman, file, concurrency, *names, requests = arguments
    settings = ServerSettings.read()
    log_to_stderr(settings.log_level)
    board = Board(int(file), int(concurrency))
    hands = Hands(settings, [Queue(name) for name in names], board, int(concurrency), counts_folder())
    return tend(socket.socket(fileno=int(requests)), int(foreman), hands.work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
