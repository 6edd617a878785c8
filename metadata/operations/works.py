"""The buckets of one batch, all locked: its own, and those that files are moved to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.ids import new_id
from metadata.access import bucket_for
from metadata.batch import Delete, Move, Operation, PrefixOperation, Restore
from metadata.operations.work import Work


@dataclass(frozen=True, slots=True)
class Works:
    caller: Identity
    own: Work
    _by_name: dict[str, Work]

    @classmethod
    def begun(cls, connection: Connection, caller: Identity, bucket: UUID, operations: Iterable[Operation]) -> "Works":
        """Raises BucketNotFound, Forbidden."""
        operations = list(operations)
        names = {one.to_bucket for one in operations if isinstance(one, Move) and one.to_bucket is not None}
        ids = {name: bucket_for(connection, caller, name, Action.WRITE_FILE).id for name in sorted(names)}
        works = {id: Work.begun(connection, caller, id, Action.WRITE_FILE) for id in sorted({bucket, *ids.values()})}
        kept: set[UUID] = set()
        group = _group(operations)
        for work in works.values():
            work.kept, work.group = kept, group
        return cls(caller, works[bucket], {name: works[id] for name, id in ids.items()})

    def at(self, bucket: str | None) -> Work:
        """The bucket that a move names; None: the batch's own."""
        return self.own if bucket is None else self._by_name[bucket]

    def finish(self) -> None:
        """Raises QuotaExceeded."""
        works = {work.bucket.id: work for work in (self.own, *self._by_name.values())}
        # Accounts are locked on the way, by ascending id (ALGORITHMS.md, preamble).
        for work in sorted(works.values(), key=lambda work: work.bucket.owner):
            work.finish()


def _group(operations: list[Operation]) -> UUID | None:
    """Several operations that can all be undone are undone together; one on a folder is a group of files by itself."""
    if not all(isinstance(one, Delete | Move | Restore | PrefixOperation) for one in operations):
        return None
    is_group = len(operations) > 1 or any(isinstance(one, PrefixOperation) for one in operations)
    return new_id() if is_group else None
