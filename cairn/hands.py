"""The processes that do a worker's work, started by its foreman: Celery's, or one that looks by itself while the broker is away.

    python -m cairn.hands celery|poll FOREMAN BOARD CONCURRENCY QUEUE…

FOREMAN is the process that starts it, BOARD the number of an open file: sync.board.
"""

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from enum import StrEnum
from functools import partial

from cairn.compose_work import known_tasks, opened_chores, opened_parts
from cairn.settings import ServerSettings
from foundation.doorbell import InProcessDoorbell
from foundation.telemetry import log_to_stderr
from foundation.tracing import begin_tracing
from sync import Board, Heartbeat, Loops, Queue, chores

_PR_SET_PDEATHSIG = 1


class Way(StrEnum):
    """How a worker comes to its work."""

    CELERY = "celery"
    POLL = "poll"


def by_celery(settings: ServerSettings, queues: Sequence[Queue], board: Board, concurrency: int) -> int:
    """Until SIGTERM; the exit status."""
    from sync import Turns, celery_application, run_worker

    broker = settings.required_broker()
    # Read, and closed, before there are children: no connection may be shared with them.
    tasks = known_tasks(settings)
    turns = Turns(partial(opened_chores, settings), broker, board)
    return run_worker(celery_application(broker, tasks, turns), turns, queues, concurrency)


def by_polling(settings: ServerSettings, queues: Sequence[Queue], board: Board) -> int:
    """As the threads of a server in which nobody rings. Until SIGTERM; the exit status."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with opened_parts(settings) as parts:
        loops = Loops(
            lambda pause: [chore for chore in chores(parts, pause) if chore.queue in queues],
            InProcessDoorbell(),
            lambda queue: Heartbeat(queue, partial(_on_board, board)),
        )
        loops.start()
        stopping.wait()
        loops.stop()
    return 0


def _on_board(board: Board, queue: str, doing: str) -> None:
    board.tell(list(Queue).index(Queue(queue)), doing)


def _die_with(foreman: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != foreman:
        sys.exit(1)


def main(arguments: Sequence[str]) -> int:
    way, foreman, file, concurrency, *names = arguments
    _die_with(int(foreman))
    settings = ServerSettings.read()
    log_to_stderr(settings.log_level)
    begin_tracing("cairn-worker", settings.otlp_endpoint)
    for chatty in ("celery.app.trace", "celery.worker.strategy", "httpx"):
        # Several lines for each look, of which most find nothing; what a chore did it tells itself.
        logging.getLogger(chatty).setLevel(logging.WARNING)
    queues, board = [Queue(name) for name in names], Board(int(file), int(concurrency))
    if Way(way) is Way.POLL:
        return by_polling(settings, queues, board)
    return by_celery(settings, queues, board, int(concurrency))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
