"""Filling an empty installation from a snapshot: bytes first, then all rows in one transaction. Killed, it goes on when begun again."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from block_storage import BlockNotFound, BlockStore, Presence
from cairn.backup.creating import THREADS, Show, grouped
from cairn.backup.repository import Repository
from cairn.backup.rooms import ROOMS, revisions
from cairn.backup.shards import Shards, readable
from cairn.backup.snapshot import Snapshot
from cairn.errors import BackupDamaged, BackupTooNew, RestoreRefused
from foundation.blocks import BlockName
from foundation.portable_rows import RowPage
from identity import drop_signing_keys
from metadata import BlockState, Catalogue, RegisteredBlock, begin_life, open_catalogue
from sync import follow

if TYPE_CHECKING:
    from foundation.database import Database

# In the store while it is being filled; with it the store is nobody's but this restore's.
MARK = "restore"
_JUDGED = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """A database with this version's tables, and what opens the store. `keeps_keys`: the secret is the snapshot's own."""

    database: "Database"
    store: BlockStore
    keeps_keys: bool = True
    despite_damage: bool = False


@dataclass(slots=True)
class Restored:
    """`missing`: names of blocks that the backup does not have; files that need them tell it."""

    snapshot: Snapshot
    installation: str = ""
    missing: list[str] = field(default_factory=list)


def require_readable(snapshot: Snapshot) -> None:
    """Raises BackupTooNew where its rows are of other tables than this version's."""
    if snapshot.revisions != revisions():
        raise BackupTooNew(
            f"Snapshot {snapshot.id} was made by {snapshot.made_by}, whose tables differ from this version's."
            " Restore it with that version, then bring it up with `cairn migrate` of this one."
        )


def restore(repository: Repository, snapshot: Snapshot, target: Target, show: Show) -> Restored:
    """Raises RestoreRefused and changes nothing where database and store are not empty; BackupDamaged: then the database stays empty."""
    require_readable(snapshot)
    catalogue = open_catalogue(target.database)
    id, is_loaded = _begun(catalogue, snapshot, target)
    restored = Restored(snapshot, str(id), list(snapshot.unreadable))
    with Shards(repository) as shards:
        for number in range(len(snapshot.rows)):
            shards.add(_page(repository, snapshot, number), frozenset(snapshot.unreadable))
            show(0.0, f"{number + 1:,} of {len(snapshot.rows):,} tables' parts are whole")
        mark = {"format": 1, "installation": str(id), "snapshot": snapshot.id}
        target.store.replace_meta(MARK, json.dumps(mark).encode())
        restored.missing += _filled(repository, shards, target, show)
    if not is_loaded:
        show(1.0, "writing rows")
        _load(repository, snapshot, target, id)
    _finish(catalogue, target.store, restored.missing)
    return restored


def _begun(catalogue: Catalogue, snapshot: Snapshot, target: Target) -> tuple[UUID, bool]:
    """The id of the installation that begins here, and whether its rows are in the database. Raises RestoreRefused."""
    marked, ours = _marked(target.store), catalogue.installation.read()
    if marked is None:
        if not _is_new(target.store):
            raise RestoreRefused("The store is not empty. Give CAIRN_STORE, or CAIRN_DATA, a new folder or bucket.")
        marked = _Mark(uuid4(), snapshot.id)
    is_loaded = ours is not None and ours.installation == marked.installation
    if is_loaded and marked.snapshot != snapshot.id:
        raise RestoreRefused(f"The rows of snapshot {marked.snapshot} are there already: restore that one to its end.")
    if not is_loaded and not target.database.read(_is_empty):
        raise RestoreRefused(
            "The database is not empty. Restore into a new one: nothing is written over what is there."
        )
    return marked.installation, is_loaded


def _is_empty(connection: Any) -> bool:
    return all(tables.is_empty(connection) for tables in ROOMS.values())


def _is_new(store: BlockStore) -> bool:
    """Nothing but the word of an installation that never had anything."""
    return not store.list(limit=1) and set(store.list_meta()) <= {"installation"}


@dataclass(frozen=True, slots=True)
class _Mark:
    installation: UUID
    snapshot: str


def _marked(store: BlockStore) -> _Mark | None:
    try:
        mark = json.loads(store.read_meta(MARK))
        return _Mark(UUID(mark["installation"]), mark["snapshot"])
    except BlockNotFound:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise RestoreRefused(f"meta/{MARK} of the store is none that this version wrote.") from error


def _page(repository: Repository, snapshot: Snapshot, number: int) -> RowPage:
    said, text = repository.rows(snapshot, number)
    return RowPage(said.table, said.columns, said.rows, text)


def _filled(repository: Repository, shards: Shards, target: Target, show: Show) -> list[str]:
    """Every block into the store, but for those that an earlier try brought; the names of those that are damaged."""
    lost: list[str] = []
    done = 0

    def fetch(block: RegisteredBlock) -> bytes | None:
        try:
            return repository.block(block.name.id)
        except BackupDamaged:
            if target.despite_damage:
                return None
            raise

    with ThreadPoolExecutor(THREADS, "restore") as threads:
        for _, blocks in shards:
            for group in grouped(blocks):
                looks = target.store.check([(block.name, block.stored_size) for block in group])
                absent = [block for block in group if looks[block.name] is not Presence.PRESENT]
                fetched = list(zip(absent, threads.map(fetch, absent), strict=True))
                lost += [str(block.name) for block, data in fetched if data is None]
                _put(target.store, [(block.name, data) for block, data in fetched if data is not None])
                done += len(group)
                show(done / max(shards.blocks, 1), f"{done:,} of {shards.blocks:,} parts")
    return lost


def _put(store: BlockStore, blocks: Sequence[tuple[BlockName, bytes]]) -> None:
    for problem in store.put_many(blocks) if blocks else ():
        if problem:
            raise problem


def _load(repository: Repository, snapshot: Snapshot, target: Target, id: UUID) -> None:
    def body(connection: Any) -> None:
        if not _is_empty(connection):
            raise RestoreRefused("Somebody has written into the database meanwhile.")
        for number, said in enumerate(snapshot.rows):
            page = _page(repository, snapshot, number)
            with readable(page):
                ROOMS[said.room].load(connection, page)
        for room, tables in ROOMS.items():
            tables.finish(connection, snapshot.counters[room])
        if not target.keeps_keys:
            drop_signing_keys(connection)
        # A life of its own: beside the store of the installation that the snapshot was taken of, nothing may be erased.
        begin_life(connection, id, snapshot.generation + 1)

    target.database.write_long(body)


def _finish(catalogue: Catalogue, store: BlockStore, missing: Sequence[str]) -> None:
    for start in range(0, len(missing), _JUDGED):
        page = missing[start : start + _JUDGED]
        catalogue.blocks.judge({BlockName.parse(name): BlockState.MISSING for name in page})
    # Left by a try of another snapshot.
    after = None
    while names := store.list(after):
        store.delete(sorted(catalogue.installation.unregistered(names)))
        after = names[-1]
    follow(catalogue.installation, store)
    store.delete_meta(MARK)
