"""The oldest finding, and a slice of the versions that it concerns: looked up by reads alone, before anything is locked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from foundation.sql import any_of
from metadata.event_rows import newest_events
from metadata.model import BlockState
from metadata.schema import blocks, buckets, contents, file_chunks, file_versions
from metadata.sync_model import FindingKind
from metadata.sync_schema import findings

# Of a slice, at least one version; counting them takes a good second.
_MOST_CHUNKS = 200_000
_MADE_WHOLE = (FindingKind.HEALED, FindingKind.MENDED)


@dataclass(frozen=True, slots=True)
class Concerned:
    """A version that uses the block: `uses` times, with so many bad parts in all. `event`: its newest, None: it has none."""

    version: Any
    uses: int
    missing: int
    damaged: int
    event: UUID | None


@dataclass(frozen=True, slots=True)
class Look:
    """A finding with the next versions to tell. `is_last`: there are no more."""

    sequence: int
    block: bytes
    kind: FindingKind
    note: str
    at: datetime
    after: UUID | None
    concerned: Sequence[Concerned]
    is_last: bool


def look(connection: Connection, limit: int) -> Look | None:
    """At the oldest finding: they are told in their order, one at a time."""
    found = connection.execute(select(findings).order_by(findings.c.sequence).limit(1)).one_or_none()
    if found is None:
        return None
    kind = FindingKind(found.kind)
    using = select(file_chunks.c.content).where(file_chunks.c.block == found.block)
    query = (
        select(file_versions, contents.c.num_chunks, buckets.c.owner)
        .join(contents, contents.c.id == file_versions.c.content)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(file_versions.c.content.in_(using))
    )
    if kind in _MADE_WHOLE:  # What came later never saw the damage.
        query = query.where(file_versions.c.created_at <= found.at)
    if found.after is not None:
        query = query.where(file_versions.c.id > found.after)
    rows = connection.execute(query.order_by(file_versions.c.id).limit(limit)).all()
    page = _within(rows)
    is_last = len(rows) < limit and len(page) == len(rows)
    concerned = _concerned(connection, found.block, page)
    return Look(found.sequence, found.block, kind, found.note, found.at, found.after, concerned, is_last)


def _within(rows: Sequence[Any]) -> Sequence[Any]:
    """As many as have few enough chunks to count, at least one."""
    total = 0
    for number, row in enumerate(rows):
        total += row.num_chunks
        if number and total > _MOST_CHUNKS:
            return rows[:number]
    return rows


def _concerned(connection: Connection, block: bytes, page: Sequence[Any]) -> list[Concerned]:
    if not page:
        return []
    named = {row.content for row in page}
    of_content = any_of(connection, file_chunks.c.content, named)
    counted = select(file_chunks.c.content, func.count()).where(of_content, file_chunks.c.block == block)
    uses = {row.content: row[1] for row in connection.execute(counted.group_by(file_chunks.c.content))}
    bad = _bad_parts(connection, named)
    events = newest_events(connection, {row.file for row in page}, {row.id for row in page})
    return [
        Concerned(
            row,
            uses.get(row.content, 0),
            bad[row.content, BlockState.MISSING.value],
            bad[row.content, BlockState.DAMAGED.value],
            events.get(row.id),
        )
        for row in page
    ]


def _bad_parts(connection: Connection, named: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """How many chunks of each content are in each state but stored."""
    query = (
        select(file_chunks.c.content, blocks.c.state, func.count())
        .join(blocks, blocks.c.id == file_chunks.c.block)
        .where(any_of(connection, file_chunks.c.content, named), blocks.c.state != BlockState.STORED.value)
        .group_by(file_chunks.c.content, blocks.c.state)
    )
    found: dict[tuple[UUID, str], int] = defaultdict(int)
    for content, state, number in connection.execute(query):
        found[content, state] = number
    return found
