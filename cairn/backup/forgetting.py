"""Old snapshots go, and with them what no other snapshot names."""

from dataclasses import dataclass, field

from cairn.backup.busy import Cleaning
from cairn.backup.creating import Show
from cairn.backup.repository import SHARDS, Repository
from cairn.backup.shards import Shards


@dataclass(slots=True)
class Forgotten:
    """`bytes`: of the blocks that went, as they lay there."""

    snapshots: list[str] = field(default_factory=list)
    blocks: int = 0
    bytes: int = 0


def forget(repository: Repository, keep: int, show: Show) -> Forgotten:
    """All but the newest `keep`, at least 1. Safe to repeat; killed, the next one finishes it.

    Raises BackupBusy while a snapshot is made; BackupDamaged, and erases no block, where one that stays cannot be read.
    """
    with Cleaning(repository.vault) as sign, Shards(repository) as shards:
        ids = repository.ids()
        kept, gone = ids[-keep:], ids[:-keep]
        for id in kept:
            shards.add_all(repository.snapshot(id))
        for id in gone:
            repository.drop(id)
        for id in repository.vault.folders("rows"):
            if id not in kept:
                repository.drop_rows(id)  # Of a snapshot that was killed while it was made, too.
        forgotten = Forgotten(gone)
        for number, (shard, blocks) in enumerate(shards):
            sign.renew()
            wanted = {repository.name(block.name.id) for block in blocks}
            unwanted = {name: size for name, size in repository.blocks_in(shard).items() if name not in wanted}
            repository.drop_blocks(shard, sorted(unwanted))
            forgotten.blocks += len(unwanted)
            forgotten.bytes += sum(unwanted.values())
            show((number + 1) / len(SHARDS), f"{forgotten.blocks:,} parts erased")
    return forgotten
