"""The sync room: its door, and as a service by itself."""

from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI

import sync
from cairn.compose.work import agreement, chore_parts, done_here, people_of, with_manifests
from cairn.health_checks import stack_checks
from cairn.neighbours import Neighbours
from cairn.watched import show_work
from foundation.doorbell import Doorbell
from foundation.service_tokens import Room
from metadata import Catalogue, LongPoll
from sync import Door, HealthBoard, Loops, TwoTruths, Watcher, manifests_check


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


def service(near: Neighbours) -> tuple[FastAPI, Callable[[], None]]:
    """Beside it: what ends those who wait in it."""
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
