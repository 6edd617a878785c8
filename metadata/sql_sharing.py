"""In how many of a user's own files a block also is: what deduplication saves them, and nothing of what others have."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select

from foundation.blocks import BlockId
from foundation.sql import any_of
from metadata.cut_off import TookTooLong, cut_off
from metadata.schema import buckets, file_chunks, file_versions, files

__all__ = ["TookTooLong", "sharing"]

MOST_SECONDS = 5


def sharing(connection: Connection, owner: UUID | None, file_id: UUID, ids: Sequence[BlockId]) -> list[int]:
    """For each of `ids`, the live files in the owner's live buckets, but for `file_id`, whose current version has it.

    Raises TookTooLong.
    """
    query = (
        select(file_chunks.c.block, func.count(files.c.id.distinct()))
        .join(file_versions, file_versions.c.content == file_chunks.c.content)
        .join(files, files.c.current_version == file_versions.c.id)
        .join(buckets, buckets.c.id == files.c.bucket)
        .where(any_of(connection, file_chunks.c.block, set(ids)), buckets.c.owner == owner, files.c.id != file_id)
        .where(files.c.deleted_at.is_(None), buckets.c.deleted_at.is_(None))
        .group_by(file_chunks.c.block)
    )
    with cut_off(connection, MOST_SECONDS):
        found = {bytes(block): number for block, number in connection.execute(query)}
    return [found.get(id, 0) for id in ids]
