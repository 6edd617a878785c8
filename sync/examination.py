"""What the store shows of blocks, written down at once: looked at, or read and hashed, mended and repaired where that can be done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from block_storage import BlockStore, Health, Presence, Proof
from foundation.blocks import BlockName
from foundation.doorbell import Doorbell
from metadata import Blocks, BlockState, Jobs, RegisteredBlock, Verdict
from sync.repair import repair

_STATES = {
    Health.WHOLE: BlockState.STORED,
    Health.PARTIAL: BlockState.STORED,
    Health.DAMAGED: BlockState.DAMAGED,
    Health.MISSING: BlockState.MISSING,
}


@dataclass(frozen=True, slots=True)
class Sight:
    """`state` None: nothing can be told now. `is_healed`: it was damaged or missing, and is whole again.

    `is_stale`: while it was looked at, the block was taken over or marked by another; what was seen is not told.
    """

    state: BlockState | None
    is_read: bool
    note: str = ""
    mended_copies: int = 0
    is_healed: bool = False
    is_stale: bool = False

    @property
    def is_mended(self) -> bool:
        """Something that was bad is right now: the block, or a copy of it."""
        return self.is_healed or self.mended_copies > 0


class Examination:
    """Thread-safe. Verdicts and what follows from them are in the catalogue when a method returns."""

    def __init__(self, jobs: Jobs, blocks: Blocks, store: BlockStore, doorbell: Doorbell) -> None:
        self._jobs, self._blocks, self._store, self._doorbell = jobs, blocks, store, doorbell

    def examine(
        self, to_read: Sequence[RegisteredBlock], to_look_at: Sequence[RegisteredBlock] = ()
    ) -> dict[BlockName, Sight]:
        """Read `to_read`; look at the others, and read those that do not look right. Raises what the catalogue raises."""
        since = self._jobs.clock()
        looked_at = [(block.name, block.stored_size) for block in to_look_at]
        looks = self._store.check(looked_at) if looked_at else {}
        sights = {
            name: Sight(BlockState.STORED if look is Presence.PRESENT else None, is_read=False)
            for name, look in looks.items()
            if look in {Presence.PRESENT, Presence.UNKNOWN}
        }
        reading = [*to_read, *(block for block in to_look_at if block.name not in sights)]
        sights |= self._read(reading)
        sights = self._judged(sights, since)
        return sights | self._repaired(reading, sights)

    def _read(self, blocks: Collection[RegisteredBlock]) -> dict[BlockName, Sight]:
        if not blocks:
            return {}
        proofs = self._store.prove([(block.name, block.stored_size) for block in blocks])
        return {block.name: _sight(block, proofs[block.name]) for block in blocks}

    def _judged(self, sights: Mapping[BlockName, Sight], since: datetime) -> dict[BlockName, Sight]:
        """As they count once they are written down."""
        verdicts = [
            Verdict(name, sight.state, sight.is_read, sight.note, since)
            for name, sight in sights.items()
            if sight.state
        ]
        stale = self._jobs.judge(verdicts) if verdicts else ()
        if any(sight.note or sight.is_healed for sight in sights.values()):
            self._doorbell.ring("tell")
        return {**sights} | dict.fromkeys(stale, Sight(None, is_read=False, is_stale=True))

    def _repaired(
        self, blocks: Collection[RegisteredBlock], sights: Mapping[BlockName, Sight]
    ) -> dict[BlockName, Sight]:
        """Those of `blocks` that could be made whole from a dead name: a block is taken over only once it is judged."""
        broken = {
            block.name: block.xxh3
            for block in blocks
            if sights[block.name].state in {BlockState.DAMAGED, BlockState.MISSING}
        }
        if not broken:
            return {}
        if not (healed := repair(self._jobs, self._blocks, self._store, broken)):
            return {}
        since = self._jobs.clock()
        proofs = self._store.prove([(block.name, block.size) for block in healed.values()])
        # Another may have been quicker to make one of them whole: what was put for it then is not the block's.
        again = self._judged({block.name: _sight_of(proofs[block.name]) for block in healed.values()}, since)
        found = {old: again[new.name] for old, new in healed.items()}
        return {
            old: replace(sight, is_healed=not sight.is_stale)
            for old, sight in found.items()
            if sight.is_stale or sight.state is BlockState.STORED
        }


def _sight(block: RegisteredBlock, proof: Proof) -> Sight:
    sight = _sight_of(proof)
    return replace(sight, is_healed=sight.state is BlockState.STORED and block.state is not BlockState.STORED)


def _sight_of(proof: Proof) -> Sight:
    return Sight(_STATES.get(proof.health), True, proof.note, proof.mended_copies)
