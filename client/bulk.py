"""Many small files in one answer of the server: a block each would cost a request each."""

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice

from client.addresses import segment
from client.connection import Connection
from client.errors import ServerUnreachable
from client.frames import HEAD_BYTES
from client.model import RemoteFile
from foundation.blocks import MAX_BLOCK_BYTES, MIB, BlockId

GROUP_FILES = 256
GROUP_BYTES = 8 * MIB
_SMALL_BYTES = MIB

Block = tuple[BlockId, bytes]


def is_small(file: RemoteFile) -> bool:
    """Whether `file` may come with others: it is one block at most."""
    return file.size <= _SMALL_BYTES and file.num_chunks <= 1


def whole_files(connection: Connection, files: Sequence[RemoteFile]) -> Generator[bytes | None, None, None]:
    """The bytes of each of `files`, small ones of one bucket, in order; None where they are not those of the version.

    Holds one file at a time. Raises ServerUnreachable where the answer breaks off; the rest is to be asked for otherwise.
    """
    wanted = [file.version_id for file in files if file.num_chunks]
    if not wanted:
        yield from (b"" for _ in files)
        return
    with closing(connection.blocks(f"/buckets/{segment(files[0].bucket)}/blocks", {"versions": wanted})) as pieces:
        blocks = _blocks(pieces)
        for file in files:
            found = list(islice(blocks, file.num_chunks))
            if len(found) < file.num_chunks:
                raise ServerUnreachable("the server's answer ended early")
            yield b"".join(data for _, data in found) if _is_version(file, found) else None


def _is_version(file: RemoteFile, found: Sequence[Block]) -> bool:
    if sum(len(data) for _, data in found) != file.size or any(BlockId.of(data) != id for id, data in found):
        return False
    return hashlib.sha256(b"".join(id for id, _ in found)).hexdigest() == file.content_hash


def _blocks(pieces: Iterable[bytes]) -> Iterator[Block]:
    """The framed blocks of a body, each as soon as it is whole."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        start = 0
        while len(buffer) - start >= HEAD_BYTES:
            end = start + HEAD_BYTES + int.from_bytes(buffer[start + 32 : start + HEAD_BYTES], "big")
            if end - start > HEAD_BYTES + MAX_BLOCK_BYTES:
                raise ServerUnreachable("the server's answer makes no sense")
            if end > len(buffer):
                break
            yield BlockId(buffer[start : start + 32]), bytes(buffer[start + HEAD_BYTES : end])
            start = end
        del buffer[:start]
