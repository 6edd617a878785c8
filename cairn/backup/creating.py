"""Making a snapshot beside the running server: a hold, the rows of one moment, then the bytes that the backup does not have."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from block_storage import BlockDamaged, BlockNotFound, BlockStore
from cairn.backup.busy import Creating
from cairn.backup.holding import LEASE, KeptHold
from cairn.backup.repository import Repository, packed_rows
from cairn.backup.rooms import ROOMS, counters, revisions
from cairn.backup.shards import Shards
from cairn.backup.snapshot import Rows, Snapshot, new_id
from foundation.blocks import BlockId
from metadata import BackupHolds, RegisteredBlock, open_catalogue

if TYPE_CHECKING:
    from foundation.database import Database

# Shows a share of the whole, 0 to 1, and a few words on it.
Show = Callable[[float, str], None]
_AT_ONCE, THREADS = 64, 8


@dataclass(frozen=True, slots=True)
class Source:
    """`secret`: by what the installation's is recognised."""

    database: "Database"
    store: BlockStore
    secret: str | None
    made_by: str


@dataclass(slots=True)
class _Copied:
    blocks: int = 0
    bytes: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Told:
    """What the database said in one moment."""

    rows: list[Rows] = field(default_factory=list)
    files: int = 0
    counters: dict[str, dict[str, int]] = field(default_factory=dict)


def create(source: Source, repository: Repository, show: Show, lease: timedelta = LEASE) -> Snapshot:
    """The new snapshot, listed and durable. What dies before has copied bytes that the next one need not copy.

    Raises HoldLapsed, BackupBusy, StorageFailed, StorageFull, DatabaseUnavailable, NotMigrated: then no snapshot was made.
    """
    generation = open_catalogue(source.database).installation.read()
    with (
        Creating(repository.vault) as sign,
        KeptHold(BackupHolds(source.database), lease, sign.renew) as hold,
        Shards(repository) as shards,
    ):
        id = new_id(hold.since)
        told: _Told = source.database.snapshot(lambda moment: _told(moment, shards, hold, show))
        for number, packed in enumerate(shards.kept()):
            hold.require()
            repository.put_rows(id, number, packed)
        copied = _copied(source.store, repository, shards, hold, show)
        hold.end()
        snapshot = Snapshot(
            id=id,
            taken_at=hold.since,
            made_by=source.made_by,
            installation=str(generation.installation) if generation else None,
            generation=generation.number if generation else 0,
            secret=source.secret,
            revisions=revisions(),
            counters=told.counters,
            rows=tuple(told.rows),
            files=told.files,
            blocks=shards.blocks,
            bytes=shards.bytes,
            new_blocks=copied.blocks,
            new_bytes=copied.bytes,
            unreadable=tuple(copied.unreadable),
        )
        repository.publish(snapshot)
    return snapshot


def _told(moment: Any, shards: Shards, hold: KeptHold, show: Show) -> _Told:
    """All rows go to files beside first: the database's moment ends before a slow place takes them."""
    told, number = _Told(counters=counters(moment)), 0
    for room, tables in ROOMS.items():
        for page in tables.pages(moment):
            hold.require()
            shards.add(page)
            shards.keep(packed_rows(page.data))
            told.rows.append(Rows(room, page.table, page.columns, page.rows, sha256(page.data).hexdigest()))
            told.files += page.rows if page.table == "files" else 0
            number += page.rows
            show(0.0, f"{number:,} rows")
    return told


def _copied(store: BlockStore, repository: Repository, shards: Shards, hold: KeptHold, show: Show) -> _Copied:
    copied, done = _Copied(), 0

    def copy(block: RegisteredBlock) -> None:
        try:
            data = store.get(block.name, block.xxh3)
        except (BlockNotFound, BlockDamaged):
            data = b""
        if BlockId.of(data) != block.name.id:
            copied.unreadable.append(str(block.name))
            return
        repository.put_block(block.name.id, data)

    with ThreadPoolExecutor(THREADS, "backup") as threads:
        for shard, blocks in shards:
            there = repository.blocks_in(shard)
            done += len(blocks)
            missing = iter([one for one in blocks if not _is_there(repository, there, one)])
            while group := list(islice(missing, _AT_ONCE)):
                hold.require()
                before = len(copied.unreadable)
                list(threads.map(copy, group))
                bad = set(copied.unreadable[before:])
                copied.blocks += len(group) - len(bad)
                copied.bytes += sum(one.stored_size for one in group if str(one.name) not in bad)
                show(done / max(shards.blocks, 1), f"{copied.blocks:,} new parts")
    copied.unreadable.sort()
    return copied


def _is_there(repository: Repository, there: dict[str, int], block: RegisteredBlock) -> bool:
    """An object of another size is what damage left of it: it is written again."""
    return there.get(repository.name(block.name.id)) == repository.stored_size(block.stored_size)


def grouped(blocks: Sequence[RegisteredBlock]) -> Iterator[list[RegisteredBlock]]:
    """As many as go at once."""
    rest = iter(blocks)
    while group := list(islice(rest, _AT_ONCE)):
        yield group
