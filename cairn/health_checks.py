"""Which checks tell how an installation is: of the rooms, and of what they stand on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import block_storage
import sync
from foundation.service_tokens import Room

if TYPE_CHECKING:  # What a room has no use for it does not load.
    from block_storage import BlockStore
    from cairn.neighbours import Neighbours
    from metadata import Catalogue

Checks = Mapping[str, Callable[[], None]]


def copy_checks(store: "BlockStore") -> Checks:
    """Each copy of a store on disks; none for any other."""
    return store.copies() if isinstance(store, block_storage.FilesystemBlockStore) else {}


def one_process_checks(catalogue: "Catalogue", store: "BlockStore") -> Checks:
    return {
        "database": catalogue.ready,
        "store": store.ready,
        **copy_checks(store),
        "worker": sync.worker_check(catalogue.proofs),
    }


def stack_checks(near: "Neighbours", catalogue: "Catalogue", store: "BlockStore") -> Checks:
    """As the sync service asks: each room that it knows of, and what they stand on."""
    rooms = near.others(Room.SYNC)
    checks = {room.value: client.ready for room, client in rooms.items()}
    checks |= {"sync": _here, "worker": sync.worker_check(catalogue.proofs)}
    asked = rooms.get(Room.METADATA) if near.settings.is_on_sqlite else None
    checks["database"] = partial(asked.require_of, "database") if asked else catalogue.ready
    blocks = rooms.get(Room.BLOCK_STORAGE)
    checks["store"] = partial(blocks.require_of, "store") if blocks else store.ready
    if near.broker:
        checks["broker"] = near.broker.ready
    copies = len(block_storage.folders_of(near.settings.store_location)) if blocks else 0
    names = [f"copy {number}" for number in range(1, copies + 1)] if copies > 1 else []
    return checks | {name: partial(blocks.require_of, name) for name in names if blocks}


def _here() -> None:
    """Who asks is answered by it."""
