"""Rounds over everything stored (ALGORITHMS.md 5): each block is read and hashed again in its time, what is bad is told and mended."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from block_storage import BlockStore
from foundation.blocks import BlockName
from metadata import BlockState, Proofs, RegisteredBlock, ScrubRound, ScrubStep
from sync.examination import Examination
from sync.resting import Resting
from sync.settings import SyncSettings
from sync.slices import slices

log = logging.getLogger("cairn.sync")

LEASE = timedelta(minutes=2)
PAGE = 512
# Blocks that cannot be read while the store as a whole can: beyond so many, the round waits.
MOST_UNREADABLE = 1000


@dataclass(slots=True)
class _Run:
    """What one run of the chore has come to."""

    began: float
    blocks: int = 0
    bytes: int = 0
    unreadable: set[BlockName] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scrub:
    """`worker`: who holds the round, one at a time. A round that was cut off goes on with what it has not read. `now`: the database's."""

    worker: str
    proofs: Proofs
    examination: Examination
    store: BlockStore
    settings: SyncSettings
    now: Callable[[], datetime]
    resting: Resting
    clock: Callable[[], float] = time.monotonic

    def run(self) -> int:
        """Read on in the round that is due; how many blocks. Raises StorageFailed, having marked nothing, where the store is down."""
        self.store.ready()
        current = self.proofs.begin(self.settings.scrub_every)
        run = _Run(self.clock())
        while current and self._is_mine(current):
            pieces = slices(self._unread(current, run), lambda block: block.stored_size)
            if (piece := next(pieces, None)) is None:
                self._end(current, run)
                break
            self._read(current, piece, run)
            self.store.ready()
            # It may have become urgent.
            current = self.proofs.current()
        return run.blocks

    def _is_mine(self, current: ScrubRound) -> bool:
        return self.proofs.lease(current.number, self.worker, LEASE)

    def _unread(self, current: ScrubRound, run: _Run) -> Sequence[RegisteredBlock]:
        if len(run.unreadable) > MOST_UNREADABLE:
            return ()
        page = self.proofs.unproved(current.number, PAGE + len(run.unreadable))
        return [block for block in page if block.name not in run.unreadable]

    def _read(self, current: ScrubRound, piece: Sequence[RegisteredBlock], run: _Run) -> None:
        began = self.clock()
        sights = self.examination.examine(piece)
        worked = self.clock() - began
        told = [block for block in piece if sights[block.name].state]
        run.unreadable |= {block.name for block in piece} - {block.name for block in told}
        read = sum(block.stored_size for block in told)
        run.blocks, run.bytes = run.blocks + len(told), run.bytes + read
        # An operator waits for an urgent one.
        rest = 0.0 if current.is_urgent else max(0.0, read / self.settings.scrub_rate - worked)
        step = ScrubStep(
            blocks=len(told),
            bytes=read,
            healed=sum(sights[block.name].is_mended for block in told),
            damaged=sum(sights[block.name].state is not BlockState.STORED for block in told),
            bytes_per_second=int(run.bytes / max(self.clock() + rest - run.began, 0.001)),
        )
        self.proofs.advance(current.number, self.worker, step)
        if current.is_urgent:
            self.resting.pause(0)
        else:
            self.resting.after(worked, rest)

    def _end(self, current: ScrubRound, run: _Run) -> None:
        """With what cannot be read it waits for the next run, but not so long that all else is not read again in its time."""
        if run.unreadable and self.now() - current.started_at < self.settings.scrub_every:
            return
        # Before the end: whoever comes after a crash begins with the dates anew.
        after = self.proofs.date_versions(None)
        while after is not None:
            self.resting.pause()
            if not self._is_mine(current):
                return
            after = self.proofs.date_versions(after)
        self.proofs.end(current.number)
        log.info("round of proof ended", extra={"round": current.number})
