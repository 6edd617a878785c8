"""`cairn worker` and `cairn beat`: services beside their work, for whoever watches over processes."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from cairn.errors import SettingInvalid
from cairn.foreman import Foreman
from cairn.hands import Hands
from cairn.hands_measures import show_hands
from cairn.neighbours import Neighbours
from cairn.served import Served, serve_all
from cairn.settings import ServerSettings
from cairn.watched import show_work
from foundation.http_service import Ready, create_service
from foundation.measures import show_process
from foundation.service_tokens import NoUsers, Room, ServiceTokenVerifier
from foundation.telemetry import log_to_stderr
from sync import TASKS, Beat, Board, Heartbeat, Queue, RedisBroker, worker_name

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
    broker = _prepared(settings)
    # People come first: whatever they wait for runs before this.
    os.nice(_NICE)
    hands = Hands(settings, queues, Board.made(concurrency), concurrency, counts)
    hands.load()
    foreman = Foreman(broker, hands)
    with ExitStack() as stack:
        near = Neighbours(settings, frozenset(), stack)
        catalogue, store = near.own_catalogue, near.store(Room.SYNC)
        stack.callback(broker.close)
        beats = [Heartbeat(f"{worker_name()}-{number + 1}", catalogue.proofs.seen) for number in range(concurrency)]

        def tell(doing: Sequence[str]) -> None:
            for heartbeat, does in zip(beats, doing, strict=True):
                heartbeat(does)

        app = _service(
            "worker",
            near,
            {"database": catalogue.ready, "block-storage": store.ready, "broker": broker.ready},
            (partial(foreman.start, tell), foreman.stop),
            partial(show_hands, counts=counts, pid=os.getpid()),
        )
        show_work(app, catalogue, broker)
        _serve(app, "worker", settings, port)


def beat(settings: ServerSettings, port: int) -> None:
    """Until SIGTERM. It works on nothing, and needs no database. Raises SettingInvalid."""
    broker = _prepared(settings)
    with ExitStack() as stack:
        near = Neighbours(settings, frozenset(), stack)
        stack.callback(broker.close)
        rings = Beat(broker, TASKS)
        app = _service("beat", near, {"broker": broker.ready}, (rings.start, rings.stop))
        _serve(app, "beat", settings, port)


def _prepared(settings: ServerSettings) -> RedisBroker:
    log_to_stderr(settings.log_level)
    os.umask(0o077)
    return RedisBroker(settings.required_broker())


def _service(
    name: str,
    near: Neighbours,
    ready: Ready,
    working: tuple[Callable[[], None], Callable[[], None]],
    show: Callable[[CollectorRegistry], object] = show_process,
) -> FastAPI:
    """Health and metrics, of which `show` tells more, beside what `working` starts and stops."""
    start, stop = working

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        start()
        try:
            yield
        finally:
            await run_sync(stop)

    return create_service(
        name,
        [],
        settings=near.service_settings,
        verifier=ServiceTokenVerifier([near.tokens], NoUsers()),
        ready=ready,
        background=[background],
        show=show,
    )


def _serve(app: FastAPI, name: str, settings: ServerSettings, port: int) -> None:
    serve_all([Served(app, settings.host, port, f"{name} {settings.address_of(port)}")])
