"""Contents as they come to be: every chunk judged against what the upload holds, then the rows (ALGORITHMS.md 1, "Commit")."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from uuid import UUID

import orjson
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from foundation.blocks import BlockId, Chunking
from foundation.ids import new_id
from foundation.sql import any_of, insert_rows
from metadata.chunk_lists import BOUNDS, check_sizes, content_hash
from metadata.errors import BlocksMissing, ChunksInvalid
from metadata.model import BlockState
from metadata.schema import block_holders, blocks, contents, file_chunks, upload_blocks, upload_chunks, upload_contents

MAX_MISSING = 10_000


@dataclass(frozen=True, slots=True)
class Content:
    """A row of `contents`. `digests` is what a door computed, JSON."""

    id: UUID
    size: int
    num_chunks: int
    hash: bytes
    digests: str = "{}"


def held_sizes(connection: Connection, writer: int, ids: Iterable[bytes]) -> dict[bytes, int]:
    """Those of `ids` that the upload holds and that are stored, with their sizes; they stay while the transaction lasts."""
    query = (
        select(blocks.c.id, blocks.c.size)
        .join(upload_blocks, upload_blocks.c.block == blocks.c.id)
        .where(upload_blocks.c.upload == writer, any_of(connection, upload_blocks.c.block, ids))
        .where(blocks.c.state == BlockState.STORED.value)
        .order_by(blocks.c.id)
        .with_for_update(read=True, key_share=True, of=blocks)
    )
    return {row.id: row.size for row in connection.execute(query)}


def held_by(connection: Connection, writers: Iterable[int], ids: Iterable[bytes]) -> dict[tuple[int, bytes], int]:
    """As `held_sizes`, of several uploads, by upload and block."""
    query = (
        select(upload_blocks.c.upload, blocks.c.id, blocks.c.size)
        .join(upload_blocks, upload_blocks.c.block == blocks.c.id)
        .where(any_of(connection, upload_blocks.c.upload, writers), any_of(connection, upload_blocks.c.block, ids))
        .where(blocks.c.state == BlockState.STORED.value)
        .order_by(blocks.c.id)
        .with_for_update(read=True, key_share=True, of=blocks)
    )
    return {(row.upload, row.id): row.size for row in connection.execute(query)}


def owned_sizes(connection: Connection, user: UUID | None, ids: Iterable[bytes]) -> dict[bytes, int]:
    """As `held_sizes`, of those that `user` holds: a reference to what is there already needs no bytes and no upload."""
    query = (
        select(blocks.c.id, blocks.c.size)
        .join(block_holders, block_holders.c.block == blocks.c.id)
        .where(block_holders.c.user == user, any_of(connection, block_holders.c.block, ids))
        .where(blocks.c.state == BlockState.STORED.value)
        .order_by(blocks.c.id)
        .with_for_update(read=True, key_share=True, of=blocks)
    )
    return {row.id: row.size for row in connection.execute(query)}


def judge(chunks: Sequence[tuple[bytes, int]], held: dict[bytes, int]) -> None:
    """Whether each chunk's block is there with the size that the list says. Raises BlocksMissing, ChunksInvalid."""
    missing = {id for id, _ in chunks if id not in held}
    if missing:
        raise BlocksMissing(missing=[id.hex() for id in sorted(missing)[:MAX_MISSING]])
    for index, (id, size) in enumerate(chunks):
        if held[id] != size:
            raise ChunksInvalid(f"Chunk {index} is said to have {size} bytes, but its block has {held[id]}.")


def planned_chunks(
    connection: Connection, writer: int, first: int = 0, limit: int | None = None
) -> list[tuple[bytes, int]]:
    """The plan's (block, size) in order."""
    query = select(upload_chunks.c.block, upload_chunks.c.size).where(upload_chunks.c.upload == writer)
    if limit is not None:
        query = query.where(upload_chunks.c.index >= first, upload_chunks.c.index < first + limit)
    return [tuple(row) for row in connection.execute(query.order_by(upload_chunks.c.index))]


def plans(connection: Connection, writers: Iterable[int]) -> dict[int, list[tuple[bytes, int]]]:
    """The whole plan of each upload that has one."""
    query = (
        select(upload_chunks.c.upload, upload_chunks.c.block, upload_chunks.c.size)
        .where(any_of(connection, upload_chunks.c.upload, writers))
        .order_by(upload_chunks.c.upload, upload_chunks.c.index)
    )
    found: dict[int, list[tuple[bytes, int]]] = defaultdict(list)
    for writer, block, size in connection.execute(query):
        found[writer].append((block, size))
    return found


def content_of(chunks: Sequence[tuple[bytes, int]], digests: dict[str, str] | None = None) -> Content:
    """A new content of these (block, size)."""
    size = sum(size for _, size in chunks)
    text = orjson.dumps(digests).decode() if digests else "{}"
    return Content(new_id(), size, len(chunks), content_hash(id for id, _ in chunks), text)


def insert_contents(connection: Connection, new: Sequence[Content], moment: datetime) -> None:
    rows = [
        {
            "id": content.id,
            "size": content.size,
            "num_chunks": content.num_chunks,
            "content_hash": content.hash,
            "digests": content.digests,
            "created_at": moment,
        }
        for content in new
    ]
    insert_rows(connection, contents, rows)


def insert_chunks(connection: Connection, lists: Iterable[tuple[UUID, Sequence[tuple[bytes, int]]]]) -> None:
    """The (block, size) of new contents, each list whole."""
    rows = [
        {"content": content, "index": index, "offset": offset, "size": size, "block": block}
        for content, chunks in lists
        for index, ((block, size), offset) in enumerate(zip(chunks, _offsets(chunks), strict=True))
    ]
    insert_rows(connection, file_chunks, rows)


def _offsets(chunks: Sequence[tuple[bytes, int]]) -> list[int]:
    return [0, *accumulate(size for _, size in chunks)][:-1] if chunks else []


def withdraw(connection: Connection, ids: Collection[UUID]) -> None:
    """Take back contents of this same transaction, whose commits were refused while others go on."""
    if ids:
        connection.execute(delete(file_chunks).where(any_of(connection, file_chunks.c.content, ids)))
        connection.execute(delete(contents).where(any_of(connection, contents.c.id, ids)))


# --- long lists, staged in pages: the content stands in upload_contents and grows ---


def staged_content(connection: Connection, writer: int) -> Content | None:
    query = (
        select(contents.c.id, contents.c.size, contents.c.num_chunks, contents.c.content_hash)
        .join(upload_contents, upload_contents.c.content == contents.c.id)
        .where(upload_contents.c.upload == writer)
        .order_by(contents.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Content(*row) if row else None


def stage_page(connection: Connection, writer: int, moment: datetime, page: int, chunking: Chunking | None) -> int:
    """Append the next `page` planned chunks to the staged content, which is made if there is none; how many it has then.

    The caller holds the upload's row lock FOR UPDATE. Raises BlocksMissing, ChunksInvalid.
    """
    staged = staged_content(connection, writer)
    if staged is None:
        staged = Content(new_id(), 0, 0, b"")
        insert_contents(connection, [staged], moment)
        connection.execute(insert(upload_contents).values(upload=writer, content=staged.id))
    chunks = planned_chunks(connection, writer, staged.num_chunks, page)
    if not chunks:
        return staged.num_chunks
    check_sizes([size for _, size in chunks], chunking, first_index=staged.num_chunks)
    judge(chunks, held_sizes(connection, writer, {id for id, _ in chunks}))
    rows, offset = [], staged.size
    for index, (block, size) in enumerate(chunks, staged.num_chunks):
        rows.append({"content": staged.id, "index": index, "offset": offset, "size": size, "block": block})
        offset += size
    insert_rows(connection, file_chunks, rows)
    grown = update(contents).where(contents.c.id == staged.id)
    connection.execute(grown.values(size=offset, num_chunks=staged.num_chunks + len(chunks)))
    return staged.num_chunks + len(chunks)


def check_staged(connection: Connection, content: UUID, chunking: Chunking | None) -> None:
    """What the pages could not see: a short chunk at a page's end, and blocks damaged since. Raises as `judge` does."""
    last = select(func.max(file_chunks.c.index)).where(file_chunks.c.content == content).scalar_subquery()
    least = BOUNDS[chunking][0] if chunking else 1
    short = select(
        exists().where(file_chunks.c.content == content, file_chunks.c.size < least, file_chunks.c.index < last)
    )
    if connection.execute(short).scalar_one():
        raise ChunksInvalid(f"All chunks but the last have at least {least} bytes here.")
    damaged = (
        select(file_chunks.c.block)
        .join(blocks, blocks.c.id == file_chunks.c.block)
        .where(file_chunks.c.content == content, blocks.c.state != BlockState.STORED.value)
        .distinct()
        .order_by(file_chunks.c.block)
        .limit(MAX_MISSING)
    )
    missing = [BlockId(block).hex() for (block,) in connection.execute(damaged)]
    if missing:
        raise BlocksMissing(missing=missing)


def finish_staged(connection: Connection, staged: Content, final_hash: bytes, digests: str) -> Content:
    """Give the staged content its hash, known only now."""
    connection.execute(
        update(contents).where(contents.c.id == staged.id).values(content_hash=final_hash, digests=digests)
    )
    return Content(staged.id, staged.size, staged.num_chunks, final_hash, digests)
