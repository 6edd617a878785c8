"""Block storage as a service by itself."""

from fastapi import FastAPI

import block_storage
import sync
from cairn.health_checks import copy_checks
from cairn.neighbours import Neighbours
from foundation.doorbell import InProcessDoorbell
from foundation.service_tokens import NoUsers, Room, ServiceTokenVerifier


def service(near: Neighbours) -> FastAPI:
    # People never call it: those who try are told apart from nobody only where that is known without the database.
    known = (
        near.callers(Room.BLOCK_STORAGE)[0]
        if near.settings.identity
        else ServiceTokenVerifier([near.tokens], NoUsers())
    )
    # Nobody else has the folders. An S3 store keeps its copies itself.
    loops = sync.Loops(lambda pause: sync.mending(near.own_store, pause), InProcessDoorbell())
    return block_storage.create_app(
        block_storage.Parts(block_storage.measured(near.own_store, near.settings.store_location)),
        settings=near.service_settings,
        verifier=known,
        ready={"store": near.own_store.ready},
        notices=copy_checks(near.own_store),
        background=[loops.running],
    )
