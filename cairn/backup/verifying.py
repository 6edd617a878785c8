"""Reading a backup back: every object that its snapshots name, hashed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from xxhash import xxh3_64_intdigest

from cairn.backup.creating import THREADS, Show, grouped
from cairn.backup.repository import Repository
from cairn.backup.shards import Shards
from cairn.backup.snapshot import Snapshot
from cairn.errors import BackupDamaged
from foundation.portable_rows import RowPage
from metadata import RegisteredBlock


@dataclass(slots=True)
class Verified:
    """How much was read; of what is wrong a sentence each."""

    snapshots: int = 0
    rows: int = 0
    blocks: int = 0
    bytes: int = 0
    damage: list[str] = field(default_factory=list)


def verify(repository: Repository, ids: Sequence[str], show: Show) -> Verified:
    """Raises StorageFailed where the backup cannot be read at the moment."""
    found = Verified()
    with Shards(repository) as shards:
        for id in ids:
            try:
                snapshot = repository.snapshot(id)
            except BackupDamaged as problem:
                found.damage.append(f"Snapshot {id}: {problem}")
                continue
            found.snapshots += 1
            _verify_rows(repository, snapshot, shards, found)
            show(0.0, f"{found.rows:,} rows")
        _verify_blocks(repository, shards, found, show)
    return found


def _verify_rows(repository: Repository, snapshot: Snapshot, shards: Shards, found: Verified) -> None:
    for number in range(len(snapshot.rows)):
        try:
            said, text = repository.rows(snapshot, number)
            shards.add(RowPage(said.table, said.columns, said.rows, text), frozenset(snapshot.unreadable))
        except BackupDamaged as problem:
            found.damage.append(f"Snapshot {snapshot.id}: {problem}")
            continue
        found.rows += said.rows


def _verify_blocks(repository: Repository, shards: Shards, found: Verified, show: Show) -> None:
    def look(block: RegisteredBlock) -> str | None:
        try:
            data = repository.block(block.name.id)
        except BackupDamaged as problem:
            return str(problem)
        is_right = len(data) == block.stored_size and xxh3_64_intdigest(data) == block.xxh3
        return None if is_right else f"The block {block.name.id} is whole, but its row has another length or checksum."

    with ThreadPoolExecutor(THREADS, "backup") as threads:
        for _, blocks in shards:
            for group in grouped(blocks):
                problems = list(threads.map(look, group))
                found.damage += filter(None, problems)
                found.blocks += len(group)
                found.bytes += sum(block.stored_size for block, wrong in zip(group, problems, strict=True) if not wrong)
                show(found.blocks / max(shards.blocks, 1), f"{found.blocks:,} parts read")
