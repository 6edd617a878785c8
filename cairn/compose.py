"""The composition root: which implementation stands behind which seam. Only here are rooms constructed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

from fastapi import FastAPI

import chunker
import identity
import metadata
from block_storage import BlockStore, open_block_store
from cairn.lock import DataFolderLock
from cairn.page import page_routes
from cairn.settings import ServerSettings
from foundation.doorbell import InProcessDoorbell
from foundation.http_service import create_service
from foundation.settings import ServiceSettings
from identity import IdentityRoom
from metadata import Catalogue
from sync import Loop, chores


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the server's own data is reached through, by the server and by the admin's verbs."""

    catalogue: Catalogue
    store: BlockStore
    identity: IdentityRoom


def migrate(settings: ServerSettings) -> None:
    """Bring the database to this version's schema. Safe to repeat, and to run twice at once."""
    settings.data.mkdir(parents=True, exist_ok=True)
    metadata.migrate(settings.database_location)
    identity.migrate(settings.database_location)


@contextmanager
def open_identity(settings: ServerSettings) -> Iterator[IdentityRoom]:
    with closing(identity.open_identity(settings.database_location, settings.secret_bytes(), settings.address)) as room:
        yield room


@contextmanager
def open_rooms(settings: ServerSettings) -> Iterator[Rooms]:
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock(settings.data))
        catalogue = stack.enter_context(
            closing(metadata.open_catalogue(settings.database_location, public_files=settings.public_files))
        )
        store = stack.enter_context(closing(open_block_store(settings.store_location)))
        yield Rooms(catalogue, store, stack.enter_context(open_identity(settings)))


def one_process(rooms: Rooms, settings: ServerSettings) -> FastAPI:
    """Every room in one service."""
    doorbell = InProcessDoorbell()
    waiters = metadata.Waiters(rooms.catalogue.journals)
    catalogue = metadata.announcing(rooms.catalogue, waiters)
    loop = Loop(lambda pause: chores(catalogue.collection, rooms.store, pause), doorbell)

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        loop.start()
        try:
            yield
        finally:
            loop.stop()

    return create_service(
        "one process",
        [
            chunker.routes(chunker.Parts(catalogue, rooms.store)),
            metadata.routes(metadata.Parts(catalogue, waiters)),
            identity.routes(rooms.identity.parts),
        ],
        root_routers=[identity.root_routes(rooms.identity.parts), page_routes()],
        settings=ServiceSettings(public_url=settings.address),
        verifier=rooms.identity.verifier,
        ready={"database": catalogue.ready, "store": rooms.store.ready},
        background=[background, waiters.running],
    )
