"""Each room as a service by itself."""

from collections.abc import Callable

from fastapi import FastAPI

from cairn.neighbours import Neighbours
from cairn.watched import show_disks
from foundation.service_tokens import Room

EndWaits = Callable[[], None]


def composed(room: Room, neighbours: Neighbours) -> tuple[FastAPI, EndWaits]:
    """The service of `room`, and what ends those who wait in it. Raises SettingInvalid, NotMigrated, SchemaTooOld."""
    app, end_waits = _composed(room, neighbours)
    show_disks(app, neighbours.settings, with_store=room is Room.BLOCK_STORAGE)
    return app, end_waits


def _composed(room: Room, neighbours: Neighbours) -> tuple[FastAPI, EndWaits]:
    # What one is made of, another does not load.
    match room:
        case Room.METADATA:
            from cairn.compose import metadata

            return metadata.service(neighbours), neighbours.long_poll.end_waits
        case Room.SYNC:
            from cairn.compose import sync

            return sync.service(neighbours)
        case Room.CHUNKER:
            from cairn.compose import chunker

            return chunker.service(neighbours), _nobody_waits
        case Room.BLOCK_STORAGE:
            from cairn.compose import block_storage

            return block_storage.service(neighbours), _nobody_waits
        case Room.IDENTITY:
            from cairn.compose import identity

            return identity.service(neighbours), _nobody_waits


def _nobody_waits() -> None:
    pass
