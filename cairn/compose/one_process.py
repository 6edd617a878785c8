"""Every room in one process."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI

import chunker
import identity
import metadata
import sync
from block_storage import BlockStore, measured, open_block_store
from cairn.compose.identity import identity_chores
from cairn.compose.metadata import catalogue_parts
from cairn.compose.parts import asked_broker, identity_on, naming, ringing, telling
from cairn.compose.sync import sync_door
from cairn.compose.work import agreement, chore_parts, done_here, people_of, with_manifests
from cairn.examples import api_examples
from cairn.foreground import Foreground
from cairn.health_checks import one_process_checks
from cairn.leaving import finish
from cairn.lock import DataFolderLock
from cairn.page import page_routes
from cairn.settings import ServerSettings, settings_of
from cairn.watched import show_disks, show_work
from foundation.doorbell import Doorbell, InProcessDoorbell
from foundation.http_service import create_service
from foundation.settings import ServiceSettings
from metadata import Catalogue, LongPoll
from sync import Chore, HealthBoard, Loops, People, Queue, TwoTruths, manifests_check, mending

if TYPE_CHECKING:  # It is loaded when it is opened.
    from identity import IdentityRoom
    from sync import RedisBroker


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the server's own data is reached through, by the server and by the admin's verbs."""

    catalogue: Catalogue
    store: BlockStore
    identity: "IdentityRoom"
    long_poll: LongPoll
    doorbell: InProcessDoorbell
    rung: Doorbell  # what work is rung for by: `doorbell`, or a broker
    people: People
    broker: "RedisBroker | None" = None  # to be asked how it is


@contextmanager
def open_rooms(settings: ServerSettings) -> Iterator[Rooms]:
    from foundation.database import opened

    long_poll, doorbell = metadata.LongPoll(), InProcessDoorbell()
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock(settings.data))
        rung = stack.enter_context(ringing(settings, doorbell))
        # One for both rooms: SQLite's one writer has a fair line only within it.
        database = stack.enter_context(opened(settings.database_location))
        catalogue = metadata.open_catalogue(
            database, settings.catalogue(), telling(long_poll, rung), lambda: rung.ring("expire")
        )
        # Only a catalogue without a past may make its store: an empty folder behind an old one is a disk that is not mounted.
        with naming("CAIRN_STORE"):
            store = open_block_store(settings.store_location, initialise=catalogue.is_new())
        stack.callback(store.close)
        who = identity_on(database, settings)
        yield Rooms(
            catalogue, store, who, long_poll, doorbell, rung, people_of(database), asked_broker(settings, stack)
        )


def one_process(rooms: Rooms, settings: ServerSettings) -> FastAPI:
    """Every room in one service."""
    catalogue, store = rooms.catalogue, measured(rooms.store, settings.store_location)
    parts = catalogue_parts(catalogue, rooms.long_poll)
    own = identity_chores(rooms.identity)
    finished = Chore(Queue.COLLECT, "people", 60, partial(finish, rooms.identity, catalogue))
    truths = TwoTruths(catalogue.installation, store, catalogue.is_new)
    truths.start()
    foreground = Foreground(store)
    work = chore_parts(catalogue, store, truths, rooms.doorbell, foreground.is_busy)
    work = with_manifests(work, catalogue, settings.secret_bytes(), rooms.people)
    loops = Loops(
        lambda pause: [*done_here(settings, work, pause), *mending(rooms.store, pause), *own, finished],
        rooms.doorbell,
        work.heartbeat,
    )
    health = HealthBoard(one_process_checks(catalogue, rooms.store))
    door = sync_door(catalogue, rooms.long_poll, rooms.rung, health, work.settings.scrub_every)
    service = create_service(
        "one process",
        [
            chunker.routes(chunker.Parts(catalogue, foreground.store)),
            metadata.routes(parts),
            identity.routes(rooms.identity.parts),
            sync.routes(door),
        ],
        root_routers=[identity.root_routes(rooms.identity.parts), page_routes()],
        settings=settings_of(ServiceSettings, public_url=settings.address),
        verifier=rooms.identity.verifier,
        ready={"database": catalogue.ready, "store": store.ready, "identity": rooms.identity.ready},
        # Not a reason to turn anybody away: reading and writing are right, and an outage would help nobody.
        notices={
            "collection": agreement(settings, truths),
            "manifests": manifests_check(catalogue.manifests),
            "worker": sync.worker_check(catalogue.proofs),
        },
        background=[loops.running, partial(metadata.polling, parts), partial(sync.watching, door)],
    )
    work.reconciled.register(service.state.registry)
    show_work(service, catalogue, rooms.broker, agreement(settings, truths))
    show_disks(service, settings, with_store=True)
    service.state.examples = api_examples()
    return service
