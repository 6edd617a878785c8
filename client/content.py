"""A file's bytes from the server, block by block, none of them believed before its SHA-256 is right."""

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from itertools import islice

from client.addresses import segment
from client.answers import checked, chunk_from, items, pages
from client.connection import Connection
from client.crew import Crew
from client.errors import AnswerInvalid, PartDamaged, ServerUnreachable
from client.model import Chunk, RemoteFile
from client.whole_blocks import MOST
from foundation.blocks import MAX_BLOCK_BYTES, BlockId
from foundation.problems import Problem

CHUNKS_PAGE = 1000
DAMAGE_SLUGS = frozenset({"block-damaged", "content-damaged", "block-corrupt", "block-not-found", "block-missing"})


def chunk_list(connection: Connection, file: RemoteFile) -> Sequence[Chunk]:
    """The chunks of this version, complete: their ids give the content hash, their sizes the size. Raises AnswerInvalid."""
    if not file.num_chunks:
        _check_list(file, [])
        return []
    found: list[Chunk] = []
    place = f"/files/{segment(file.file_id)}/chunks"
    for page in pages(
        lambda cursor: connection.ask("GET", place, version=file.version_id, limit=CHUNKS_PAGE, cursor=cursor)
    ):
        found += checked(lambda document: [chunk_from(one) for one in items(document)[0]], page)
        if len(found) > file.num_chunks:
            raise AnswerInvalid(f"{file.path!r}: more chunks than the version has")
    _check_list(file, found)
    return found


def _check_list(file: RemoteFile, chunks: Sequence[Chunk]) -> None:
    offset = 0
    for index, chunk in enumerate(chunks):
        if (chunk.index, chunk.offset) != (index, offset):
            raise AnswerInvalid(f"{file.path!r}: chunk {index} is not where the one before ends")
        offset += chunk.size
    content_hash = hashlib.sha256(b"".join(chunk.id for chunk in chunks)).hexdigest()
    if (offset, len(chunks), content_hash) != (file.size, file.num_chunks, file.content_hash):
        raise AnswerInvalid(f"{file.path!r}: the chunk list is not this version's")


def block(connection: Connection, file: RemoteFile, chunk: Chunk) -> bytes:
    """The bytes of one chunk. Raises PartDamaged where the server has none or other ones."""
    data = _fetched(connection, file, chunk.index, chunk.size)
    if len(data) != chunk.size or BlockId.of(data) != chunk.id:
        raise _damaged(file, chunk.index, "the server gives other bytes than were stored")
    return data


def run_of_blocks(
    connection: Connection, file: RemoteFile, chunks: Sequence[Chunk]
) -> Iterator[tuple[Chunk, bytes | memoryview]]:
    """The bytes of `chunks`, which follow each other, in few answers: a quarter of the work of one answer for each. Good until the next.

    From the front door's disk, if it offers that. Where that breaks off or is wrong, the rest comes through the server, which reads other
    copies and heals; where that does, too, one by one, retried, and what is damaged has a name: PartDamaged.
    """
    left = deque(chunks)
    for source in (_from_disk, _ranged):
        if not left:
            return
        coming = source(connection, file, list(left))
        with suppress(ServerUnreachable), closing(coming):
            for data in coming:
                if BlockId.of(data) != left[0].id:
                    break
                yield left.popleft(), data
    for chunk in left:
        yield chunk, block(connection, file, chunk)


def _from_disk(connection: Connection, file: RemoteFile, chunks: Sequence[Chunk]) -> Generator[memoryview, None, None]:
    for start in range(0, len(chunks), MOST):
        if not connection.whole_blocks.is_offered:
            return
        run = chunks[start : start + MOST]
        place = f"{_version(file)}/chunks/{run[0].index}"
        with closing(connection.whole_blocks.run(place, [chunk.size for chunk in run])) as blocks:
            yield from blocks


def _ranged(connection: Connection, file: RemoteFile, chunks: Sequence[Chunk]) -> Generator[bytes, None, None]:
    end = chunks[-1].offset + chunks[-1].size
    with closing(connection.pieces(f"{_version(file)}/content", chunks[0].offset, end)) as pieces:
        yield from _cut(pieces, [chunk.size for chunk in chunks])


def _version(file: RemoteFile) -> str:
    return f"/files/{segment(file.file_id)}/versions/{segment(file.version_id)}"


def _cut(pieces: Iterable[bytes], sizes: Iterable[int]) -> Iterator[bytes]:
    buffer = bytearray()
    wanted = iter(sizes)
    size = next(wanted)
    for piece in pieces:
        buffer += piece
        while size and len(buffer) >= size:
            with memoryview(buffer) as view:
                data = bytes(view[:size])
            del buffer[:size]
            yield data
            size = next(wanted, 0)


def only_block(connection: Connection, file: RemoteFile) -> bytes:
    """The bytes of a file of a single chunk, without its list: the content hash says it all. Raises PartDamaged."""
    data = _fetched(connection, file, 0, file.size)
    if len(data) != file.size or hashlib.sha256(BlockId.of(data)).hexdigest() != file.content_hash:
        raise _damaged(file, 0, "the server gives other bytes than were stored")
    return data


def read_in_order(crew: Crew, file: RemoteFile) -> Iterator[bytes]:
    """All bytes of `file`, with the next few blocks already on their way."""
    if file.num_chunks == 1 and file.size <= MAX_BLOCK_BYTES:
        yield only_block(crew.connection, file)
        return
    rest = iter(chunk_list(crew.connection, file))
    coming: deque[Future[bytes]] = deque()

    def fetch(count: int) -> None:
        coming.extend(crew.send(block, crew.connection, file, chunk) for chunk in islice(rest, count))

    fetch(crew.settings.jobs)
    try:
        while coming:
            data = coming.popleft().result()
            fetch(1)
            yield data
    finally:
        for future in coming:
            future.cancel()


def _fetched(connection: Connection, file: RemoteFile, index: int, size: int) -> bytes:
    try:
        return connection.read(f"{_version(file)}/chunks/{index}", size)
    except Problem as problem:
        if problem.slug in DAMAGE_SLUGS and not isinstance(problem, PartDamaged):
            raise _damaged(file, index, str(problem)) from None
        raise


def _damaged(file: RemoteFile, index: int, reason: str) -> PartDamaged:
    return PartDamaged(
        f"{file.path!r}, chunk {index}: {reason}", bucket=file.bucket, path=file.path, chunk=index, reason=reason
    )
