"""A worker whose chores write down that they ran: `python -m tests.sync.celery_child BROKER DIARY TURN_SECONDS CONCURRENCY`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sync import Board, Chore, Pause, Queue, Task, Turns, celery_application, run_worker
from sync.reserve import Reserve

WEEK = 7 * 24 * 3600.0


class HastyReserve(Reserve):
    rest_seconds = 2.0


def noted_late(note: Callable[[str], int], name: str, pause: Pause) -> int:
    """Longer than the next one waits for a hand."""
    for _ in range(60):
        pause(0.05)
    return note(name)


def main(broker: str, diary: Path, turn_seconds: float, concurrency: int) -> int:
    def note(name: str) -> int:
        with diary.open("a") as lines:
            lines.write(f"{name} {os.getpid()}\n")
        return 1

    @contextmanager
    def opened(pause: Pause) -> Iterator[Sequence[Chore]]:
        def die() -> int:
            note("die")
            os.abort()

        def endless() -> int:
            while True:
                note("endless")
                pause(0.05)

        def breaks() -> int:
            raise ZeroDivisionError

        yield [
            Chore(Queue.VERIFY, "quick", 5, lambda: note("quick")),
            Chore(Queue.VERIFY, "die", 5, die),
            Chore(Queue.VERIFY, "lasting", 5, lambda: noted_late(note, "lasting", pause)),
            Chore(Queue.VERIFY, "lasting too", 5, lambda: noted_late(note, "lasting too", pause)),
            Chore(Queue.VERIFY, "breaks", 5, breaks),
            Chore(Queue.VERIFY, "endless", 5, endless),
            Chore(Queue.COLLECT, "other", 5, lambda: note("other")),
            Chore(Queue.COLLECT, "long", WEEK, endless),
            Chore(Queue.COLLECT, "long too", WEEK, lambda: note("long too")),
        ]
        note("closed")

    with opened(lambda _seconds=0.0: None) as chores:
        tasks = [Task(chore.queue, chore.name, chore.every_seconds) for chore in chores]
    turns = Turns(opened, broker, Board.made(concurrency), turn_seconds)
    app = celery_application(broker, tasks, turns)
    app.conf.worker_autoscaler = "tests.sync.celery_child:HastyReserve"
    return run_worker(app, turns, list(Queue), concurrency)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
