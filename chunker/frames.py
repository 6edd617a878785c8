"""Many blocks in one body: repeated 32-byte id, 4-byte big-endian length, bytes (`application/vnd.cairn.blocks`)."""

from collections.abc import Iterator

from chunker.errors import ChunkSize, FrameInvalid
from foundation.blocks import MAX_BLOCK_BYTES, BlockId

HEAD_BYTES = 36


class FrameParser:
    """Pieces of a body in, whole blocks out. Holds less than one block and one piece."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[tuple[BlockId, bytes]]:
        """The blocks that `piece` completes; those of no bytes too. Raises ChunkSize for a length above 4 MiB."""
        buffer = self._buffer
        buffer += piece
        start = 0
        try:
            while len(buffer) - start >= HEAD_BYTES:
                length = int.from_bytes(buffer[start + 32 : start + HEAD_BYTES], "big")
                if length > MAX_BLOCK_BYTES:
                    id = BlockId(buffer[start : start + 32])
                    raise ChunkSize(f"The block {id} says it has {length:,} bytes; a block has at most 4 MiB.")
                end = start + HEAD_BYTES + length
                if end > len(buffer):
                    break
                with memoryview(buffer) as view:
                    block = BlockId(view[start : start + 32]), bytes(view[start + HEAD_BYTES : end])
                start = end
                yield block
        finally:
            del buffer[:start]

    def end(self) -> None:
        """Raises FrameInvalid if the body ended inside a block."""
        if self._buffer:
            raise FrameInvalid(
                f"The body ended {len(self._buffer):,} bytes into a block. A block is its 32-byte id, "
                "4 bytes of big-endian length, and its bytes."
            )
