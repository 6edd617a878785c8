"""Whether what a batch names is still as it was at a sequence that the caller knows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from foundation.sql import any_of
from metadata.batch import Copy, DeletePrefix, MovePrefix, Operation, RestorePrefix
from metadata.errors import VersionConflict
from metadata.model import Naming
from metadata.operations.folder_rows import refuse
from metadata.operations.work import Work
from metadata.paths import is_storable, prefix_end
from metadata.schema import changes

_PLACES = (changes.c.path, changes.c.old_path)


def check_untouched(work: Work, operations: Sequence[Operation], sequence: int) -> None:
    """Raises VersionConflict when the journal names a path, file or folder of the batch after `sequence`."""
    paths, ids, prefixes = set(), set(), set()
    for operation in operations:
        if isinstance(operation, MovePrefix | DeletePrefix | RestorePrefix):
            prefixes |= {getattr(operation, name, None) for name in ("prefix", "to")}
            continue
        is_elsewhere = isinstance(operation, Copy) and operation.from_bucket is not None
        for name in ("to",) if is_elsewhere else ("path", "to"):
            if (path := getattr(operation, name, None)) is not None and is_storable(path):
                paths.add(path)
        if (file_id := getattr(operation, "file_id", None)) is not None:
            ids.add(file_id)
    touched = _touched(work, sequence, paths, ids, {prefix for prefix in prefixes if prefix and is_storable(prefix)})
    if touched:
        conflicts = ({"path": path, "problem": VersionConflict.slug} for path in touched)
        refuse(VersionConflict, conflicts, len(touched), "Paths of this batch changed after its base sequence.")


def _touched(work: Work, sequence: int, paths: set[str], ids: set[UUID], prefixes: set[str]) -> list[str]:
    """Those of `paths`, and the paths of files `ids` and below `prefixes`, that the journal names after `sequence`."""
    named: list[ColumnElement[bool]] = [
        any_of(work.connection, changes.c.path, paths),
        any_of(work.connection, changes.c.old_path, paths),
        any_of(work.connection, changes.c.file, ids),
    ]
    for prefix in prefixes:
        first = prefix if work.bucket.naming is not Naming.PORTABLE or prefix.endswith("/") else prefix + "/"
        end = prefix_end(first)
        named += [column >= first if end is None else and_(column >= first, column < end) for column in _PLACES]
    query = select(changes.c.path).where(
        changes.c.journal == work.bucket.id, changes.c.sequence > sequence, or_(*named)
    )
    return sorted({path for path in work.connection.execute(query).scalars() if path is not None})
