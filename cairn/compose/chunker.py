"""The chunker as a service by itself."""

from fastapi import FastAPI

import chunker
from cairn.neighbours import Neighbours
from foundation.service_tokens import Room


def service(near: Neighbours) -> FastAPI:
    catalogue, store = near.catalogue(Room.CHUNKER), near.store(Room.CHUNKER)
    verifier, ready = near.callers(Room.CHUNKER)
    return chunker.create_app(
        chunker.Parts(catalogue, store),
        settings=near.service_settings,
        verifier=verifier,
        ready={"metadata": catalogue.ready, "block-storage": store.ready, **ready},
    )
