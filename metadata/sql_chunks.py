"""The chunks of a content in SQL. A content has up to 10⁷: nothing here reads more of them than is asked for."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.problems import Invalid
from foundation.sql import any_of
from metadata.errors import ChunksInvalid, VersionNotFound
from metadata.model import BlockState, StoredChunk
from metadata.schema import blocks, contents, file_chunks

# Sizes may be as uneven as anybody likes; after so many informed guesses the interval is halved instead.
_GUESSES = 6
MAX_CHUNKS = 10_000  # that `chunks_of` reads

_UNSIGNED = (1 << 64) - 1  # The databases keep the checksum as a signed number.


class SqlChunks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def chunks(self, content: UUID, first_index: int, limit: int) -> Sequence[StoredChunk]:
        query = (
            _select_chunks()
            .where(file_chunks.c.content == content, file_chunks.c.index >= first_index)
            .order_by(file_chunks.c.index)
            .limit(limit)
        )
        return [_chunk(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def chunks_of(self, several: Several[UUID]) -> Mapping[UUID, Sequence[StoredChunk]]:
        def body(connection: Connection) -> Sequence[Any]:
            query = _select_chunks().add_columns(file_chunks.c.content)
            query = query.where(any_of(connection, file_chunks.c.content, several))
            return connection.execute(query.order_by(file_chunks.c.index).limit(MAX_CHUNKS + 1)).all()

        rows = self._database.read(body)
        if len(rows) > MAX_CHUNKS:
            raise Invalid(f"These contents have more than {MAX_CHUNKS:,} chunks together.")
        found: dict[UUID, list[StoredChunk]] = {content: [] for content in several}
        for *chunk, content in rows:
            found[content].append(_chunk(chunk))
        return found

    def chunk_at(self, content: UUID, offset: int) -> int:
        """Raises ChunksInvalid if `offset` is outside the content, VersionNotFound if the content is gone."""

        def body(connection: Connection) -> int:
            query = select(contents.c.size, contents.c.num_chunks).where(contents.c.id == content)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise VersionNotFound
            if not 0 <= offset < row.size:
                raise ChunksInvalid(f"The content has no byte {offset}: its size is {row.size}.")
            return _search(connection, content, offset, row.size / row.num_chunks, row.num_chunks - 1)

        return self._database.read(body)


def _select_chunks() -> Select[Any]:
    """In the order of `_chunk`."""
    return select(
        file_chunks.c.index,
        file_chunks.c.offset,
        file_chunks.c.size,
        blocks.c.id,
        blocks.c.name,
        blocks.c.xxh3,
        blocks.c.state,
        blocks.c.verified_at,
    ).join(blocks, blocks.c.id == file_chunks.c.block)


def _search(connection: Connection, content: UUID, offset: int, mean: float, last: int) -> int:
    """The chunk between the first and `last` that holds `offset`: guessed by the `mean` size, then bisected."""
    low, high = 0, last
    index, tries = int(offset / mean), 0
    while True:
        index = min(max(index, low), high)
        row = connection.execute(
            select(file_chunks.c.offset, file_chunks.c.size).where(
                file_chunks.c.content == content, file_chunks.c.index == index
            )
        ).one_or_none()
        if row is None:
            raise VersionNotFound
        distance = offset - row.offset
        if 0 <= distance < row.size:
            return index
        low, high = (low, index - 1) if distance < 0 else (index + 1, high)
        tries += 1
        index = index + int(distance / mean) if tries < _GUESSES else (low + high) // 2


def _chunk(row: Any) -> StoredChunk:
    # By place: a row is a tuple, whose `index` is a method.
    index, offset, size, id, name, xxh3, state, verified_at = row
    return StoredChunk(
        index, offset, size, BlockId(id), BlockName.parse(name), xxh3 & _UNSIGNED, BlockState(state), verified_at
    )
