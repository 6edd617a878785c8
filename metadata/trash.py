"""Emptying a trash, or a part of it: whole files go for good, a slice of them a transaction, under the bucket's lock."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from foundation.authorization import Action
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import PreconditionFailed
from foundation.sql import any_of, now
from metadata.access import bucket_for
from metadata.batch import Emptied, Purged
from metadata.errors import FileNotFound
from metadata.model import Precondition
from metadata.operations.folder_rows import Member, raw
from metadata.operations.group_purges import purge_trashed
from metadata.operations.work import Work
from metadata.purge import Wanted, purge
from metadata.schema import contents, file_versions, files

_SLICE_FILES = 500
_SECONDS = 3.0
_NOTHING = Purged(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Slice:
    """`too_long`: a file with more chunks than a slice takes away."""

    bucket: UUID
    files: int
    purged: Purged
    until: datetime
    too_long: UUID | None = None


@dataclass(slots=True)
class Emptying:
    """One request's; `only`: of these files, None: of all; `clock` in seconds. See Buckets.empty_trash."""

    database: Database
    caller: Identity
    bucket: str
    until: datetime | None
    max_chunks: int
    only: Sequence[UUID] | None = None
    clock: Callable[[], float] = time.monotonic

    def run(self) -> tuple[Emptied, UUID]:
        """What went, and the bucket's id."""
        end = self.clock() + _SECONDS
        number, total = 0, _NOTHING
        while True:
            one = self.database.write(self._slice)
            self.until = one.until
            gone = one.files, one.purged
            if one.too_long is not None:
                gone = self._long(one.too_long)
            elif not one.files:
                return Emptied(number, total, one.until, is_more=False), one.bucket
            number, total = number + gone[0], _sum(total, gone[1])
            if self.clock() > end:
                return Emptied(number, total, one.until, is_more=True), one.bucket

    def _slice(self, connection: Connection) -> _Slice:
        row = bucket_for(connection, self.caller, self.bucket, Action.PURGE_FILE, lock=True)
        until = self.until or now(connection)
        page = self._page(connection, row.id, until)
        taken = _within(connection, page, self.max_chunks)
        if page and not taken:
            return _Slice(row.id, 0, _NOTHING, until, page[0].id)
        if not taken:
            return _Slice(row.id, 0, _NOTHING, until)
        work = Work.begun(connection, self.caller, row.id, Action.PURGE_FILE)
        purged = purge_trashed(work, [Member(one.file, one.path, one.version, 0, 0) for one in taken])
        work.finish()
        return _Slice(row.id, len(taken), purged, until)

    def _page(self, connection: Connection, bucket: UUID, until: datetime) -> list[Any]:
        query = select(
            files.c.id, raw(files.c.id).label("file"), files.c.path, raw(files.c.current_version).label("version")
        ).where(files.c.bucket == bucket, files.c.deleted_at.is_not(None), files.c.deleted_at <= until)
        if self.only is not None:
            query = query.where(any_of(connection, files.c.id, self.only))
        return list(connection.execute(query.order_by(files.c.path, files.c.id).limit(_SLICE_FILES)))

    def _long(self, file: UUID) -> tuple[int, Purged]:
        # Not one that was taken out of the trash meanwhile.
        still = Wanted(file, None, Precondition(if_none_match=("*",)))
        with suppress(FileNotFound, PreconditionFailed):
            return 1, purge(self.database, self.caller, still, self.max_chunks)
        return 0, _NOTHING


def _within(connection: Connection, page: list[Any], max_chunks: int) -> list[Any]:
    """As many of the first as have no more chunks together."""
    counted = (
        select(file_versions.c.file, func.sum(contents.c.num_chunks))
        .join(contents, contents.c.id == file_versions.c.content)
        .where(any_of(connection, file_versions.c.file, [one.id for one in page]))
        .group_by(file_versions.c.file)
    )
    chunks = {row[0]: int(row[1]) for row in connection.execute(counted)} if page else {}
    total = 0
    for place, one in enumerate(page):
        total += chunks.get(one.id, 0)
        if total > max_chunks:
            return page[:place]
    return page


def _sum(one: Purged, other: Purged) -> Purged:
    return Purged(*(getattr(one, name) + getattr(other, name) for name in Purged.__slots__))
