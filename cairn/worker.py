"""`cairn worker`: who does the work, and what tells of it."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from cairn.compose.work import told_catalogue
from cairn.errors import SettingInvalid
from cairn.foreman import Foreman
from cairn.hands import Hands
from cairn.hands_measures import show_hands
from cairn.neighbours import Neighbours
from cairn.settings import ServerSettings
from cairn.watched import show_work
from cairn.work_service import prepared, serve, service
from foundation.service_tokens import Room
from sync import Board, Heartbeat, Queue, worker_name

PORT = 8006
CONCURRENCY = 4
_NICE = 10


def queues_named(names: str | None) -> Sequence[Queue]:
    """Each once; all if none is named. Raises SettingInvalid for a name that no queue has."""
    try:
        return list(dict.fromkeys(Queue(name.strip()) for name in names.split(","))) if names else list(Queue)
    except ValueError as error:
        raise SettingInvalid(f"--queues: {error}; the queues are {', '.join(Queue)}.") from None


def work(settings: ServerSettings, queues: Sequence[Queue], concurrency: int, port: int, counts: Path) -> None:
    """Until SIGTERM. `counts`: see cairn.counting. Raises SettingInvalid; NotMigrated, which names the command to run."""
    broker = prepared(settings)
    # People come first: whatever they wait for runs before this.
    os.nice(_NICE)
    hands = Hands(settings, queues, Board.made(concurrency), concurrency, counts)
    hands.load()
    foreman = Foreman(broker, hands)
    with ExitStack() as stack:
        near = Neighbours(settings, frozenset(), stack)
        catalogue, store = told_catalogue(near), near.store(Room.SYNC)
        stack.callback(broker.close)
        beats = [Heartbeat(f"{worker_name()}-{number + 1}", catalogue.proofs.seen) for number in range(concurrency)]

        def tell(doing: Sequence[str]) -> None:
            for heartbeat, does in zip(beats, doing, strict=True):
                heartbeat(does)

        app = service(
            "worker",
            settings,
            {"database": catalogue.ready, "block-storage": store.ready, "broker": broker.ready},
            (partial(foreman.start, tell), foreman.stop),
            partial(show_hands, counts=counts, pid=os.getpid()),
        )
        show_work(app, catalogue, broker)
        # What is loaded and made by then is not made, and written to, in every copy. What copies inherit of the store's is used by none.
        tell([""] * concurrency)
        near.database.close()
        foreman.copy_process()
        serve(app, "worker", settings, port)
