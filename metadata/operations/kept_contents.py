"""Contents that are about to be named again: kept from collection first (ALGORITHMS.md 1, "Commit", last paragraph)."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from foundation.database import RowVanished
from foundation.sql import any_of
from metadata.batch import Copy, Describe, Move, Operation, Restore
from metadata.operations.work import Work
from metadata.paths import is_storable
from metadata.schema import contents, file_versions, files


def keep_named(connection: Connection, bucket: UUID, operations: Iterable[Operation]) -> set[UUID]:
    """Keep what these operations will name, as far as it stands already; before the bucket's lock, as the order is. Which."""
    naming = [one for one in operations if isinstance(one, Copy | Describe | Move | Restore)]
    versions = {one.version_id for one in naming if isinstance(one, Copy | Restore) and one.version_id is not None}
    in_files = {one.file_id for one in naming if one.file_id is not None}
    paths = {path for one in naming if (path := getattr(one, "path", None)) is not None and is_storable(path)}
    named: list[ColumnElement[bool]] = []
    if versions:
        named.append(any_of(connection, file_versions.c.id, versions))
    if in_files:
        named.append(file_versions.c.id.in_(_last_versions(connection, in_files)))
    if paths:
        at_paths = and_(files.c.bucket == bucket, any_of(connection, files.c.path, paths), files.c.deleted_at.is_(None))
        named.append(file_versions.c.id.in_(select(files.c.current_version).where(at_paths)))
    if not named:
        return set()
    query = select(file_versions.c.content).where(or_(*named), file_versions.c.content.is_not(None))
    return set(_locked(connection, connection.execute(query).scalars().all()))


def _last_versions(connection: Connection, in_files: Iterable[UUID]) -> Select[Any]:
    """The last version with content of each file: the current one, or what comes back from the trash."""
    of_file = (file_versions.c.file == files.c.id) & file_versions.c.content.is_not(None)
    last = select(file_versions.c.id).where(of_file).order_by(file_versions.c.sequence.desc()).limit(1)
    return select(last.correlate(files).scalar_subquery()).where(any_of(connection, files.c.id, in_files))


def keep(work: Work, ids: Iterable[Any]) -> None:
    """Those of `ids` that are not kept yet, found only now: made or moved by this same batch, or of a whole folder.

    Whoever locks a content against us is a collector, which waits for no bucket. Raises RowVanished.
    """
    wanted = [id for id in ids if id not in work.kept]
    # SQLite has one writer: nobody collects beside us, and there is no lock to take.
    if not wanted or work.connection.dialect.name == "sqlite":
        return
    found = _locked(work.connection, wanted)
    if len(found) < len(set(wanted)):
        raise RowVanished
    work.kept.update(found)


def _locked(connection: Connection, ids: Iterable[UUID]) -> Sequence[UUID]:
    lock = select(contents.c.id).where(any_of(connection, contents.c.id, ids)).order_by(contents.c.id)
    return connection.execute(lock.with_for_update(read=True, key_share=True)).scalars().all()
