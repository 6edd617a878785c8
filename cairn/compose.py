"""The composition root of one process: which implementation stands behind which seam. Rooms are constructed in cairn/compose*.py only."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

import chunker
import identity
import metadata
import sync
from block_storage import BlockStore, StoreInUse, measured, open_block_store
from cairn.compose_parts import (
    asked_broker,
    chore_parts,
    identity_on,
    naming,
    people_of,
    ringing,
    telling,
    with_manifests,
)
from cairn.data_folder import prepare_data_folder
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
from sync import (
    Chore,
    Door,
    HealthBoard,
    Loops,
    Parts,
    Pause,
    People,
    Queue,
    TwoTruths,
    Watcher,
    chores,
    manifests_check,
    mending,
    running,
)

if TYPE_CHECKING:  # A room without a database loads none of what speaks to one.
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


def migrate(settings: ServerSettings) -> None:
    """Bring the database to this version's schema. Safe to repeat, and to run twice at once.

    From here on, whatever the process makes is its owner's alone: files of people, hashes of passwords, keys.
    """
    from foundation.database import parsed

    os.umask(0o077)
    with naming("CAIRN_DATABASE"):
        parsed(settings.database_location)
    prepare_data_folder(settings.data, version("cairn-sync"))
    metadata.migrate(settings.database_location)
    identity.migrate(settings.database_location)


def make_store(settings: ServerSettings) -> None:
    """Make the store of a catalogue without a past, as the one-process server does when it starts; any other is left alone."""
    with closing(metadata.open_catalogue(settings.database_location)) as catalogue:
        if not catalogue.is_new():
            return
        opened_store = partial(open_block_store, settings.store_location, initialise=True)
        with naming("CAIRN_STORE"), suppress(StoreInUse), closing(opened_store()) as store:  # In use: it is made.
            TwoTruths(catalogue.installation, store, catalogue.is_new).start()


@contextmanager
def open_identity(settings: ServerSettings) -> "Iterator[IdentityRoom]":
    with closing(identity_on(settings.database_location, settings)) as room:
        yield room


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


def catalogue_parts(catalogue: Catalogue, long_poll: LongPoll) -> metadata.Parts:
    return metadata.Parts(
        buckets=catalogue.buckets,
        members=catalogue.members,
        accounts=catalogue.accounts,
        files=catalogue.files,
        listings=catalogue.listings,
        commits=catalogue.commits,
        journals=catalogue.journals,
        search=catalogue.search,
        statistics=catalogue.statistics,
        sync_records=catalogue.sync_records,
        long_poll=long_poll,
    )


def done_here(settings: ServerSettings, work: Parts, pause: Pause) -> Sequence[Chore]:
    """The chores of this process: none where CAIRN_BROKER tells of workers that do them."""
    return () if settings.broker else chores(work, pause)


def agreement(settings: ServerSettings, truths: TwoTruths) -> Callable[[], None]:
    """Whether anything may be erased: as the chores found it, or, where they run elsewhere, as it is."""
    return truths.look if settings.broker else truths.ready


def sync_door(
    catalogue: Catalogue, long_poll: LongPoll, doorbell: Doorbell, health: HealthBoard, round_every: timedelta
) -> Door:
    return Door(
        records=catalogue.sync_records,
        proofs=catalogue.proofs,
        buckets=catalogue.buckets,
        journals=catalogue.journals,
        long_poll=long_poll,
        watcher=Watcher(catalogue.sync_records.hints, catalogue.installation.clock),
        health=health,
        doorbell=doorbell,
        clock=catalogue.installation.clock,
        round_every=round_every,
    )


def one_process(rooms: Rooms, settings: ServerSettings) -> FastAPI:
    """Every room in one service."""
    catalogue, store = rooms.catalogue, measured(rooms.store, settings.store_location)
    parts = catalogue_parts(catalogue, rooms.long_poll)
    sessions = Chore(Queue.COLLECT, "sessions", 3600, rooms.identity.expire)
    outside = Chore(Queue.COLLECT, "outside sessions", 10, rooms.identity.refresh)
    finished = Chore(Queue.COLLECT, "people", 60, partial(finish, rooms.identity, catalogue))
    truths = TwoTruths(catalogue.installation, store, catalogue.is_new)
    truths.start()
    foreground = Foreground(store)
    work = chore_parts(catalogue, store, truths, rooms.doorbell, foreground.is_busy)
    work = with_manifests(work, catalogue, settings.secret_bytes(), rooms.people)
    loops = Loops(
        lambda pause: [*done_here(settings, work, pause), *mending(rooms.store, pause), sessions, outside, finished],
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
        background=[partial(running, loops), partial(metadata.polling, parts), partial(sync.watching, door)],
    )
    work.reconciled.register(service.state.registry)
    show_work(service, catalogue, rooms.broker, agreement(settings, truths))
    show_disks(service, settings, with_store=True)
    service.state.examples = api_examples()
    return service
