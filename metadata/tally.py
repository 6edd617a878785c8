"""What purging versions with very many chunks will free, counted page by page while nothing is locked."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, exists, not_, select

from foundation.sql import any_of
from metadata.batch import Purged
from metadata.model import BlockState
from metadata.schema import blocks, buckets, file_chunks, file_versions

KEPT, DELETED, FAILED = range(3)


class Tally:
    """The blocks of `versions`, which go together, by whether another version in their owner's buckets has them; each counts once.

    Memory: 12 bytes a chunk.
    """

    def __init__(self, versions: Collection[UUID], contents: Collection[UUID], owner: UUID) -> None:
        self.versions, self._contents, self._owner = frozenset(versions), sorted(contents), owner
        # By outcome and first byte, so that what is the same is found within a 256th of all.
        self._seen: defaultdict[tuple[int, int], tuple[array[int], array[int]]] = defaultdict(
            lambda: (array("Q"), array("I"))
        )

    def count(self, read: Callable[[Callable[[Connection], int]], int], page: int) -> None:
        """Look at all chunks, `page` a read."""
        for content in self._contents:
            first = 0
            while found := read(partial(self._page, content, first, page)):
                first += found

    def purged(self) -> Purged:
        number, sizes = [0, 0, 0], [0, 0, 0]
        for (outcome, _), (ids, lengths) in self._seen.items():
            distinct = dict(zip(ids, lengths, strict=True))
            number[outcome] += len(distinct)
            sizes[outcome] += sum(distinct.values())
        return Purged(len(self.versions), number[DELETED], number[KEPT], number[FAILED], sizes[DELETED])

    def _page(self, content: UUID, first: int, limit: int, connection: Connection) -> int:
        other = file_chunks.alias("other")
        is_kept = (
            exists()
            .where(other.c.block == blocks.c.id, file_versions.c.content == other.c.content)
            .where(not_(any_of(connection, file_versions.c.id, self.versions)))
            .where(buckets.c.id == file_versions.c.bucket, buckets.c.owner == self._owner)
        )
        chunks = (file_chunks.c.content == content) & (file_chunks.c.index >= first)
        named = select(file_chunks.c.block).where(chunks, file_chunks.c.index < first + limit)
        judged = select(blocks.c.id, blocks.c.size, blocks.c.state, is_kept).where(blocks.c.id.in_(named))
        rows = connection.execute(judged).all()
        for id, size, state, is_elsewhere in rows:
            is_stored = state == BlockState.STORED.value
            outcome = KEPT if is_elsewhere else DELETED if is_stored else FAILED
            ids, lengths = self._seen[outcome, id[0]]
            ids.append(int.from_bytes(id[:8]))
            lengths.append(size)
        return limit if rows else 0
