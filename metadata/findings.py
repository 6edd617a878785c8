"""The oldest findings, and the versions that they concern: looked up by reads alone, before anything is locked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
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
# A lost disk is a finding for each of its blocks: so many are told together, where few enough contents have them.
_MOST_FINDINGS, _MOST_PAIRS = 2_000, 20_000
_MADE_WHOLE = (FindingKind.HEALED, FindingKind.MENDED)


@dataclass(frozen=True, slots=True)
class Concerned:
    """A version that uses the blocks: `uses` times, with so many bad parts in all. `event`: its newest, None: it has none."""

    version: Any
    uses: int
    missing: int
    damaged: int
    event: UUID | None


@dataclass(frozen=True, slots=True)
class Look:
    """Findings of one kind with the next versions to tell. `is_last`: there are no more."""

    sequences: Sequence[int]
    blocks: Sequence[bytes]
    kind: FindingKind
    note: str  # "": they have several
    at: datetime
    after: UUID | None  # of one that many versions have
    concerned: Sequence[Concerned]
    is_last: bool


def look(connection: Connection, limit: int) -> Look | None:
    """At the oldest findings: they are told in their order, those that follow each other and say the same of few versions together."""
    query = select(findings).order_by(findings.c.sequence).limit(_MOST_FINDINGS)
    found = connection.execute(query).all()
    if not found:
        return None
    alike = _alike(found)
    together = _look(connection, alike[: _fitting(connection, alike, limit)], limit)
    # Only one by itself can be told in several slices; a version may have come since they were counted.
    return together if together.is_last else _look(connection, alike[:1], limit)


def _look(connection: Connection, run: Sequence[Any], limit: int) -> Look:
    first = run[0]
    named = list({one.block for one in run})
    rows = _using(connection, named, first, limit)
    page = _within(rows)
    is_last = len(rows) < limit and len(page) == len(rows)
    note = first.note if len({one.note for one in run}) == 1 else ""
    concerned = _concerned(connection, named, page)
    sequences, kind = [one.sequence for one in run], FindingKind(first.kind)
    return Look(sequences, named, kind, note, first.at, first.after, concerned, is_last)


def _alike(found: Sequence[Any]) -> Sequence[Any]:
    """The first of them that say the same of blocks, and of which none was begun with."""

    def said(one: Any) -> tuple[Any, ...]:
        # Who was healed, and how, depends on when it was; what is bad is counted as it is now.
        return (one.kind, one.note, one.at) if FindingKind(one.kind) in _MADE_WHOLE else (one.kind,)

    alike = list(takewhile(lambda one: one.after is None and said(one) == said(found[0]), found))
    return alike or found[:1]


def _fitting(connection: Connection, run: Sequence[Any], limit: int) -> int:
    """How many of `run`, at least one, concern no more versions and chunks together than one slice tells."""
    if len(run) == 1:
        return 1
    of_run = any_of(connection, file_chunks.c.block, {one.block for one in run})
    query = select(file_chunks.c.block, file_chunks.c.content).where(of_run).distinct()
    pairs = connection.execute(query.limit(_MOST_PAIRS + 1)).all()
    if len(pairs) > _MOST_PAIRS:
        return 1
    counted = (
        select(file_versions.c.content, func.count(), func.min(contents.c.num_chunks))
        .join(contents, contents.c.id == file_versions.c.content)
        .where(any_of(connection, file_versions.c.content, {content for _, content in pairs}))
        .group_by(file_versions.c.content)
    )
    sizes = {content: (number, number * chunks) for content, number, chunks in connection.execute(counted)}
    using: defaultdict[bytes, set[UUID]] = defaultdict(set)
    for block, content in pairs:
        using[block].add(content)
    seen: set[UUID] = set()
    versions = chunks = 0
    for place, one in enumerate(run):
        for content in using[one.block] - seen:
            number, length = sizes.get(content, (0, 0))
            versions, chunks = versions + number, chunks + length
        seen |= using[one.block]
        if versions >= limit or (versions > 1 and chunks > _MOST_CHUNKS):
            return max(place, 1)
    return len(run)


def _using(connection: Connection, named: Sequence[bytes], first: Any, limit: int) -> Sequence[Any]:
    """The next versions that have any of these blocks, by id; `first`: the first finding."""
    using = select(file_chunks.c.content).where(any_of(connection, file_chunks.c.block, named))
    query = (
        select(file_versions, contents.c.num_chunks, buckets.c.owner)
        .join(contents, contents.c.id == file_versions.c.content)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(file_versions.c.content.in_(using))
    )
    if FindingKind(first.kind) in _MADE_WHOLE:  # What came later never saw the damage.
        query = query.where(file_versions.c.created_at <= first.at)
    if first.after is not None:
        query = query.where(file_versions.c.id > first.after)
    return connection.execute(query.order_by(file_versions.c.id).limit(limit)).all()


def _within(rows: Sequence[Any]) -> Sequence[Any]:
    """As many as have few enough chunks to count, at least one."""
    total = 0
    for number, row in enumerate(rows):
        total += row.num_chunks
        if number and total > _MOST_CHUNKS:
            return rows[:number]
    return rows


def _concerned(connection: Connection, bad: Sequence[bytes], page: Sequence[Any]) -> list[Concerned]:
    if not page:
        return []
    named = {row.content for row in page}
    of_content = any_of(connection, file_chunks.c.content, named)
    of_blocks = any_of(connection, file_chunks.c.block, bad)
    counted = select(file_chunks.c.content, func.count()).where(of_content, of_blocks)
    uses = {row.content: row[1] for row in connection.execute(counted.group_by(file_chunks.c.content))}
    parts = _bad_parts(connection, named)
    events = newest_events(connection, {row.file for row in page}, {row.id for row in page})
    return [
        Concerned(
            row,
            uses.get(row.content, 0),
            parts[row.content, BlockState.MISSING.value],
            parts[row.content, BlockState.DAMAGED.value],
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
