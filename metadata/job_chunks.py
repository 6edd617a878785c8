"""The chunks that a job reads, and whether those whose file it is may use them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, exists, func, or_, select

from foundation.blocks import BlockName
from foundation.problems import Invalid
from foundation.sql import any_of
from metadata.model import BlockState
from metadata.schema import accounts, block_holders, blocks, buckets, contents, file_chunks, file_versions, members
from metadata.sync_model import JobChunk
from metadata.sync_schema import sync_events

MAX_CHUNKS = 10_000  # that `chunks_of` reads

_UNSIGNED = (1 << 64) - 1  # The databases keep the checksum as a signed number.


def chunks_of(connection: Connection, events: Collection[UUID]) -> dict[UUID, list[JobChunk]]:
    """All chunks of the events' versions, in order. Raises Invalid for more than MAX_CHUNKS together."""
    these = any_of(connection, sync_events.c.id, events)
    counted = (
        select(func.coalesce(func.sum(contents.c.num_chunks), 0))
        .select_from(sync_events)
        .join(file_versions, file_versions.c.id == sync_events.c.version)
        .join(contents, contents.c.id == file_versions.c.content)
        .where(these)
    )
    if connection.execute(counted).scalar_one() > MAX_CHUNKS:
        raise Invalid(f"These events have more than {MAX_CHUNKS} chunks together; read the longest in pages.")
    rows = connection.execute(_select_chunks().where(these).order_by(sync_events.c.id, file_chunks.c.index)).all()
    found: dict[UUID, list[JobChunk]] = {event: [] for event in events}
    for event, chunk in zip((row.event for row in rows), _chunks(connection, rows), strict=True):
        found[event].append(chunk)
    return found


def chunks_from(connection: Connection, event: UUID, first_index: int, limit: int) -> Sequence[JobChunk]:
    page = _select_chunks().where(sync_events.c.id == event, file_chunks.c.index >= first_index)
    return _chunks(connection, connection.execute(page.order_by(file_chunks.c.index).limit(limit)).all())


def _select_chunks() -> Select[Any]:
    # Joined, not asked for by EXISTS: PostgreSQL would read the whole table for it.
    owners, makers = block_holders.alias("owners"), block_holders.alias("makers")
    is_owners = (owners.c.user == buckets.c.owner) & (owners.c.block == file_chunks.c.block)
    is_makers = (makers.c.user == file_versions.c.actor) & (makers.c.block == file_chunks.c.block)
    return (
        select(
            sync_events.c.id.label("event"),
            file_versions.c.bucket,
            file_versions.c.content,
            file_chunks.c.index.label("number"),
            file_chunks.c.offset,
            file_chunks.c.size,
            file_chunks.c.block,
            blocks.c.name,
            blocks.c.stored_size,
            blocks.c.xxh3,
            blocks.c.state,
            blocks.c.verified_at,
            blocks.c.checked_at,
            or_(owners.c.user.is_not(None), makers.c.user.is_not(None)).label("is_held"),
        )
        .select_from(sync_events)
        .join(file_versions, file_versions.c.id == sync_events.c.version)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .join(file_chunks, file_chunks.c.content == file_versions.c.content)
        .join(blocks, blocks.c.id == file_chunks.c.block)
        .outerjoin(owners, is_owners)
        .outerjoin(makers, is_makers & (file_versions.c.actor != buckets.c.owner))
    )


def _chunks(connection: Connection, rows: Sequence[Any]) -> list[JobChunk]:
    doubted = {_place(row) for row in rows if not row.is_held}
    held = _held_by_others(connection, doubted) if doubted else set()
    return [
        JobChunk(
            row.number,
            row.offset,
            row.size,
            BlockName.parse(row.name),
            row.stored_size,
            row.xxh3 & _UNSIGNED,
            BlockState(row.state),
            row.verified_at,
            row.checked_at,
            bool(row.is_held) or _place(row) in held,
        )
        for row in rows
    ]


_Place = tuple[UUID, UUID, bytes]


def _place(row: Any) -> _Place:
    return row.bucket, row.content, row.block


def _held_by_others(connection: Connection, doubted: Collection[_Place]) -> set[_Place]:
    """Of a shared bucket: what a member sent and another described, moved or restored is held by who sent it.

    What somebody sent whose account was closed since stays the bucket's, though nobody holds it.
    """
    of_content = any_of(connection, file_versions.c.content, {content for _, content, _ in doubted})
    of_block = any_of(connection, block_holders.c.block, {block for _, _, block in doubted})
    is_member = exists().where(members.c.bucket == file_versions.c.bucket, members.c.user == block_holders.c.user)
    query = (
        select(file_versions.c.bucket, file_versions.c.content, block_holders.c.block)
        .select_from(file_versions)
        .join(block_holders, or_(block_holders.c.user == file_versions.c.actor, is_member))
        .where(of_content, of_block)
        .distinct()
    )
    has_account = exists().where(accounts.c.user == file_versions.c.actor, accounts.c.closing_at.is_(None))
    left_behind = select(file_versions.c.bucket, file_versions.c.content).where(of_content, ~has_account).distinct()
    left = {(row.bucket, row.content) for row in connection.execute(left_behind)}
    return {_place(row) for row in connection.execute(query)} | {place for place in doubted if place[:2] in left}
