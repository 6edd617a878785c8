"""Do the database and the store tell of the same life of the same installation? Only then may anything be erased (ALGORITHMS.md 7)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from block_storage import BlockStore
from foundation.blocks import BlockName
from foundation.problems import Problem
from metadata import Generation, Installation
from sync.errors import CollectionOff, DatabaseBehindStore, ForeignStore, NotAdopted, StoreBehindDatabase
from sync.store_truth import StoreTruth, read_truth, write_truth

log = logging.getLogger("cairn.sync")

T = TypeVar("T")
ADOPT = "Nothing is erased until the server is stopped and `cairn doctor --adopt` has looked at both."
# Another process may raise the generation between the two readings.
_READINGS = 3


class TwoTruths:
    """Thread-safe, and any number of processes may keep one each."""

    def __init__(self, installation: Installation, store: BlockStore, is_new: Callable[[], bool]) -> None:
        """`is_new`: Catalogue.is_new."""
        self.installation, self._store, self._is_new = installation, store, is_new
        self._problem: Problem | None = None

    def start(self) -> None:
        """Begin, or raise the generation; where the two disagree, or the store is down, say so in the log and leave all as it is."""
        try:
            self.raise_generation()
        except Problem as problem:
            log.warning("collection is off: %s", problem, extra={"problem": problem.slug})

    def look(self) -> None:
        """As `require`, but nothing is begun, finished or noted."""
        truth, ours = read_truth(self._store), self.installation.read()
        if ours is None:
            self._require_new(truth)
            return
        _require_same(ours, truth or StoreTruth(ours.installation, 0, 0))
        if truth and truth.writer > (newest := self.installation.newest_writer()):
            raise _behind(truth.writer, newest)

    def ready(self) -> None:
        """Raises why the last look found that nothing may be erased."""
        if self._problem:
            raise self._problem

    def require(self) -> None:
        """Before each pass that erases. Raises CollectionOff; StorageFailed, DatabaseUnavailable where it cannot be told."""
        self._noted(self._agreed)

    def raise_generation(self) -> None:
        """At each start and daily: the database first, then the store. Raises as `require` does."""
        self._noted(self._raise)

    def seen(self, names: Sequence[BlockName]) -> None:
        """Judge by `names` of a listing that has ended: a writer's number that the database has not reached is of a later life."""
        self._noted(lambda: self._require_writer(max((name.writer for name in names), default=0)))

    def _noted(self, act: Callable[[], T]) -> T:
        try:
            done = act()
        except Problem as problem:
            self._problem = problem
            raise
        if self._problem:
            log.info("collection is on again")
        self._problem = None
        return done

    def _raise(self) -> None:
        before = self.installation.read()
        settled = self._agreed()
        if settled != before:
            return  # It has just begun, or a rise that was cut off was finished.
        raised = Generation(settled.installation, settled.number + 1, is_settled=False)
        if self.installation.replace(settled, raised):
            self._settle(raised)

    def _agreed(self) -> Generation:
        for reading in range(_READINGS):
            try:
                return self._judged()
            except CollectionOff:
                if reading == _READINGS - 1:
                    raise
        raise AssertionError("unreachable")

    def _judged(self) -> Generation:
        # The store first: what the database says afterwards can only be higher.
        truth, ours = read_truth(self._store), self.installation.read()
        if ours is None:
            ours = self._begun(truth)
        truth = truth or StoreTruth(ours.installation, 0, 0)
        _require_same(ours, truth)
        self._require_writer(truth.writer)
        if not ours.is_settled:
            return self._settle(ours)
        if (newest := self.installation.newest_writer()) > truth.writer:
            self._write(replace(truth, writer=newest))
        return ours

    def _begun(self, truth: StoreTruth | None) -> Generation:
        self._require_new(truth)
        return self.installation.begin(uuid4())

    def _require_new(self, truth: StoreTruth | None) -> None:
        if truth is not None:
            raise ForeignStore(f"The store is of installation {truth.installation}, the database of none. {ADOPT}")
        if not self._is_new() or self._store.list(limit=1):
            raise NotAdopted(f"Neither the database nor the store has an installation's id. {ADOPT}")

    def _settle(self, raised: Generation) -> Generation:
        self._write(StoreTruth(raised.installation, raised.number, self.installation.newest_writer()))
        settled = replace(raised, is_settled=True)
        self.installation.replace(raised, settled)
        return settled

    def _write(self, truth: StoreTruth) -> None:
        write_truth(self._store, truth)
        # Others may have raised the generation since it was read, and written theirs before ours: then theirs is written again.
        while (ours := self.installation.read()) and ours.number > truth.generation:
            truth = StoreTruth(ours.installation, ours.number, self.installation.newest_writer())
            write_truth(self._store, truth)

    def _require_writer(self, seen: int) -> None:
        if seen <= (newest := self.installation.newest_writer()):
            return
        ours = self.installation.read()
        if ours is not None:
            # Uploads go on and their numbers would pass the one seen. One generation back, this database stays behind the store
            # for good; the newer one, put back, fits again.
            self.installation.replace(ours, Generation(ours.installation, ours.number - 1, is_settled=True))
        raise _behind(seen, newest)


def _behind(seen: int, newest: int) -> DatabaseBehindStore:
    return DatabaseBehindStore(
        f"The store knows the upload number {seen}, the database has come to {newest}: it is older than the store. {ADOPT}"
    )


def _require_same(ours: Generation, truth: StoreTruth) -> None:
    if truth.installation != ours.installation:
        raise ForeignStore(
            f"The store is of installation {truth.installation}, the database of {ours.installation}. {ADOPT}"
        )
    told = f"The store is of generation {truth.generation}, the database of {ours.number}"
    if truth.generation > ours.number:
        raise DatabaseBehindStore(f"{told}: the database is older than the store. {ADOPT}")
    if truth.generation < ours.number - (not ours.is_settled):
        raise StoreBehindDatabase(f"{told}: the store is older than the database. {ADOPT}")
