""" "Verified on" of versions: the oldest proof of their blocks, found in bounded reads and written in short slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from foundation.database import Database
from foundation.sql import any_of, now
from metadata.model import BlockState
from metadata.schema import blocks, contents, file_chunks, file_versions

_MOST_CHUNKS = 20_000  # that one read looks at


@dataclass(frozen=True, slots=True)
class _Proof:
    """Of a content or a part of one. `oldest` None: no blocks at all."""

    oldest: datetime | None
    is_whole: bool


class VersionProofs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def date(self, after: UUID | None, limit: int) -> UUID | None:
        """See Proofs.date_versions. Of few versions where they have many chunks; at least one."""
        page = self._database.read(lambda connection: _page(connection, after, limit))
        taken = _within(page)
        read = [row for row in taken if row.content is not None and row.verified_at is not None]
        proofs = self._proofs({row.content: row.num_chunks for row in read})
        moment = self._database.read(now)
        dated = [
            {"of": row.id, "at": at}
            for row in read
            if row.content in proofs and (at := _dated(proofs[row.content], row.created_at, moment)) is not None
            if row.verified_at < at
        ]
        if dated:
            self._database.write(lambda connection: connection.execute(_LATER, dated).close(), repeat_unknown=True)
        return taken[-1].id if taken and (len(taken) < len(page) or len(page) == limit) else None

    def _proofs(self, sizes: Mapping[UUID, int]) -> Mapping[UUID, _Proof]:
        if len(sizes) != 1:
            found = self._database.read(
                lambda connection: _proofs(connection, any_of(connection, _content, list(sizes)))
            )
            # Without any block there is nothing to count, and nothing to doubt.
            return {content: _Proof(None, is_whole=True) for content, size in sizes.items() if not size} | {**found}
        ((content, size),) = sizes.items()
        oldest: datetime | None = None
        for first in range(0, size, _MOST_CHUNKS):
            part = and_(_content == content, file_chunks.c.index.between(first, first + _MOST_CHUNKS - 1))
            proof = self._database.read(lambda connection, part=part: _proofs(connection, part)).get(content)  # type: ignore[misc]
            if proof is None or not proof.is_whole or proof.oldest is None:
                return {}
            oldest = min(oldest or proof.oldest, proof.oldest)
        return {content: _Proof(oldest, is_whole=True)}


_content = file_chunks.c.content
# A check that ended meanwhile knows better. One that was told to be damaged has no date, and gets none here.
_LATER = (
    update(file_versions)
    .where(file_versions.c.id == bindparam("of"), file_versions.c.verified_at < bindparam("at"))
    .values(verified_at=bindparam("at"))
)


def _page(connection: Connection, after: UUID | None, limit: int) -> Sequence[Any]:
    versions = file_versions.c
    query = select(
        versions.id,
        versions.content,
        versions.created_at,
        versions.verified_at,
        func.coalesce(contents.c.num_chunks, 0).label("num_chunks"),
    ).outerjoin(contents, contents.c.id == versions.content)
    if after is not None:
        query = query.where(versions.id > after)
    return connection.execute(query.order_by(versions.id).limit(limit)).all()


def _within(page: Sequence[Any]) -> Sequence[Any]:
    """As many of the first as have few enough chunks together; at least one."""
    total = 0
    for place, row in enumerate(page):
        total += row.num_chunks
        if total > _MOST_CHUNKS:
            return page[: max(place, 1)]
    return page


def _proofs(connection: Connection, chunks: ColumnElement[bool]) -> Mapping[UUID, _Proof]:
    is_proved = and_(blocks.c.state == BlockState.STORED.value, blocks.c.verified_at.is_not(None))
    query = (
        select(_content, func.min(blocks.c.verified_at), func.count(), func.count().filter(is_proved))
        .join(blocks, blocks.c.id == file_chunks.c.block)
        .where(chunks)
        .group_by(_content)
    )
    return {content: _Proof(oldest, all_ == proved) for content, oldest, all_, proved in connection.execute(query)}


def _dated(proof: _Proof, created_at: datetime, moment: datetime) -> datetime | None:
    """None where not every block is proved. Never earlier than the version: the block may have been somebody else's before."""
    if not proof.is_whole:
        return None
    return max(created_at, proof.oldest or moment)
