"""Each room as a service by itself: the other half of the composition root."""

from collections.abc import Callable, Mapping
from functools import partial

from fastapi import FastAPI

import block_storage
import chunker
import identity
import metadata
import sync
from cairn.compose import agreement, catalogue_parts, done_here, sync_door
from cairn.compose_parts import chore_parts, people_of, with_manifests
from cairn.health_checks import copy_checks, stack_checks
from cairn.neighbours import Neighbours
from cairn.watched import show_disks, show_work
from foundation.doorbell import InProcessDoorbell
from foundation.service_tokens import NoUsers, Room, ServiceTokenVerifier
from metadata import LongPoll
from sync import Chore, HealthBoard, Loops, Queue, TwoTruths, manifests_check, mending

EndWaits = Callable[[], None]


def composed(room: Room, neighbours: Neighbours) -> tuple[FastAPI, EndWaits]:
    """The service of `room`, and what ends those who wait in it. Raises SettingInvalid, NotMigrated, SchemaTooOld."""
    app, end_waits = _COMPOSERS[room](neighbours)
    show_disks(app, neighbours.settings, with_store=room is Room.BLOCK_STORAGE)
    return app, end_waits


def _metadata(near: Neighbours) -> tuple[FastAPI, EndWaits]:
    catalogue = near.own_catalogue
    verifier, ready = near.callers(Room.METADATA)
    app = metadata.create_app(
        catalogue_parts(catalogue, near.long_poll),
        settings=near.service_settings,
        verifier=verifier,
        ready={"database": catalogue.ready, **ready},
        catalogue=catalogue,
    )
    return app, near.long_poll.end_waits


def _chunker(near: Neighbours) -> tuple[FastAPI, EndWaits]:
    catalogue, store = near.catalogue(Room.CHUNKER), near.store(Room.CHUNKER)
    verifier, ready = near.callers(Room.CHUNKER)
    app = chunker.create_app(
        chunker.Parts(catalogue, store),
        settings=near.service_settings,
        verifier=verifier,
        ready={"metadata": catalogue.ready, "block-storage": store.ready, **ready},
    )
    return app, _nobody_waits


def _block_storage(near: Neighbours) -> tuple[FastAPI, EndWaits]:
    # People never call it: those who try are told apart from nobody only where that is known without the database.
    known = (
        near.callers(Room.BLOCK_STORAGE)[0]
        if near.settings.identity
        else ServiceTokenVerifier([near.tokens], NoUsers())
    )
    # Nobody else has the folders. An S3 store keeps its copies itself.
    loops = Loops(lambda pause: mending(near.own_store, pause), InProcessDoorbell())
    app = block_storage.create_app(
        block_storage.Parts(block_storage.measured(near.own_store, near.settings.store_location)),
        settings=near.service_settings,
        verifier=known,
        ready={"store": near.own_store.ready},
        notices=copy_checks(near.own_store),
        background=[partial(sync.running, loops)],
    )
    return app, _nobody_waits


def _identity(near: Neighbours) -> tuple[FastAPI, EndWaits]:
    sessions = Chore(Queue.COLLECT, "sessions", 3600, near.identity.expire)
    outside = Chore(Queue.COLLECT, "outside sessions", 10, near.identity.refresh)
    loops = Loops(lambda _pause: [sessions, outside], InProcessDoorbell())
    app = identity.create_app(
        near.identity.parts,
        near.service_settings,
        background=[partial(sync.running, loops)],
        verifier=ServiceTokenVerifier([near.tokens, near.identity.rooms], near.identity.verifier),
    )
    return app, _nobody_waits


def _sync(near: Neighbours) -> tuple[FastAPI, EndWaits]:
    # On PostgreSQL the chores go to the database by the shortest way, wherever the catalogue's service is.
    catalogue = near.catalogue(Room.SYNC) if near.settings.is_on_sqlite else near.own_catalogue
    store = near.store(Room.SYNC)
    verifier, ready = near.callers(Room.SYNC)
    truths = TwoTruths(catalogue.installation, store, catalogue.is_new)
    truths.start()
    # Identity's tables are asked where they can be: SQLite's are another process's.
    people = sync.nobody if near.settings.is_on_sqlite else people_of(near.database)
    work = chore_parts(catalogue, store, truths, near.doorbell)
    work = with_manifests(work, catalogue, near.settings.shared_secret_bytes(), people)
    loops = Loops(lambda pause: done_here(near.settings, work, pause), near.doorbell, work.heartbeat)
    checks = stack_checks(near, catalogue, store)
    long_poll = LongPoll()
    app = sync.create_app(
        loops,
        sync_door(catalogue, long_poll, near.rung, HealthBoard(checks), work.settings.scrub_every),
        settings=near.service_settings,
        verifier=verifier,
        ready={"database": catalogue.ready, "block-storage": store.ready, **ready},
        notices={
            "collection": agreement(near.settings, truths),
            "manifests": manifests_check(catalogue.manifests),
            **checks,
        },
    )
    work.reconciled.register(app.state.registry)
    show_work(app, catalogue, near.broker, agreement(near.settings, truths))
    return app, long_poll.end_waits


def _nobody_waits() -> None:
    pass


_COMPOSERS: Mapping[Room, Callable[[Neighbours], tuple[FastAPI, EndWaits]]] = {
    Room.BLOCK_STORAGE: _block_storage,
    Room.METADATA: _metadata,
    Room.CHUNKER: _chunker,
    Room.IDENTITY: _identity,
    Room.SYNC: _sync,
}
