"""An audit of the store against the database, in bounded memory: is everything registered there, is everything there registered?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from block_storage import BlockDamaged, BlockNotFound, BlockStore, Presence
from foundation.blocks import BlockName
from metadata import BlockState, Installation, RegisteredBlock

SHOWN = 20
Progress = Callable[[int], None]


@dataclass(slots=True)
class Audit:
    """How many of each; of what is wrong the first few names. `looked_at`: whether the store could be looked at as a whole."""

    registered: int = 0
    present: int = 0
    degraded: int = 0
    missing: int = 0
    damaged: int = 0
    unknown: int = 0
    back: int = 0  # there and right by size, though the database calls them damaged or missing
    stored: int = 0  # names in the store
    unregistered: int = 0
    newest_writer: int = 0  # in the store's names
    dead: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: BlockName) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        some = self.examples.setdefault(kind, [])
        if len(some) < SHOWN:
            some.append(str(name))


_KINDS = {
    Presence.DEGRADED: "degraded",
    Presence.MISSING: "missing",
    Presence.WRONG_SIZE: "damaged",
    Presence.UNKNOWN: "unknown",
}


def audit(installation: Installation, store: BlockStore, progress: Progress, *, deep: bool) -> Audit:
    """`deep`: read and hash every registered block. `progress` is told how many names were looked at. Changes nothing.

    Raises StorageFailed where the store cannot be listed or read, DatabaseUnavailable.
    """
    found = Audit(dead=installation.dead())
    for page in pages(installation):
        for block, presence in presences(store, page, deep=deep).items():
            found.registered += 1
            if presence in _KINDS:
                found.add(_KINDS[presence], block.name)
            else:
                found.present += 1
            if block.state is not BlockState.STORED and presence in {Presence.PRESENT, Presence.DEGRADED}:
                found.add("back", block.name)
        progress(len(page))
    _list(installation, store, progress, found)
    return found


def pages(installation: Installation) -> Iterator[list[RegisteredBlock]]:
    """Every registered block, by id."""
    after = None
    while page := installation.registered(after):
        yield list(page)
        after = page[-1].name.id


def presences(
    store: BlockStore, page: list[RegisteredBlock], *, deep: bool = False
) -> Mapping[RegisteredBlock, Presence]:
    """What a look shows of each; with `deep`, WRONG_SIZE also stands for bytes that are not the right ones."""
    looks = store.check([(block.name, block.stored_size) for block in page])
    shown = {block: looks[block.name] for block in page}
    if deep:
        for block, presence in shown.items():
            if presence in {Presence.PRESENT, Presence.DEGRADED} and not is_right(store, block):
                shown[block] = Presence.WRONG_SIZE
    return shown


def is_right(store: BlockStore, block: RegisteredBlock) -> bool:
    """Do its bytes, read now, hash to its name? Raises StorageFailed."""
    try:
        return sha256(store.get(block.name, block.xxh3)).digest() == block.name.id
    except (BlockDamaged, BlockNotFound):
        return False


def _list(installation: Installation, store: BlockStore, progress: Progress, found: Audit) -> None:
    after = None
    while names := store.list(after):
        found.stored += len(names)
        found.newest_writer = max(found.newest_writer, *(name.writer for name in names))
        for name in sorted(installation.unregistered(names)):
            found.add("unregistered", name)
        progress(len(names))
        after = names[-1]
