"""Many blocks in one body between rooms: repeated length of the name (1 byte), name, length (4 bytes, big-endian), bytes."""

from collections.abc import Iterable, Iterator, Sequence

from foundation.blocks import MIB, BlockName
from foundation.parts import in_parts
from foundation.problems import Malformed

MEDIA_TYPE = "application/vnd.cairn.named-blocks"
MAX_BODY_BYTES = 32 * MIB
MAX_BLOCKS = 5000
_LENGTH_BYTES = 4
_MAX_HEAD_BYTES = 1 + 118 + _LENGTH_BYTES

Block = tuple[BlockName, bytes | bytearray | memoryview]


def bodies(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """`blocks`, each of at most MAX_BLOCK_BYTES, in as few parts as bodies must be."""
    return in_parts(blocks, lambda block: _MAX_HEAD_BYTES + len(block[1]), MAX_BLOCKS, MAX_BODY_BYTES)


def framed(blocks: Iterable[Block]) -> bytes:
    return b"".join(frames(blocks))


def frames(blocks: Iterable[Block]) -> list[bytes | bytearray | memoryview]:
    """A body in pieces: for each block its head, then its bytes."""
    pieces: list[bytes | bytearray | memoryview] = []
    for name, data in blocks:
        text = str(name).encode()
        pieces += [bytes([len(text)]) + text + len(data).to_bytes(_LENGTH_BYTES, "big"), data]
    return pieces


def unframed(body: bytes | bytearray) -> list[tuple[BlockName, memoryview]]:
    """The blocks of a whole body, which are views of it. Raises Malformed."""
    view, blocks, at = memoryview(body), [], 0
    while at < len(view):
        head = at + 1 + view[at]
        start = head + _LENGTH_BYTES
        try:
            name = BlockName.parse(bytes(view[at + 1 : head]).decode())
        except ValueError as error:
            raise Malformed(f"The body has no block name at byte {at:,}.") from error
        at = start + int.from_bytes(view[head:start], "big")
        if at > len(view):
            raise Malformed("The body ends inside a block.")
        blocks.append((name, view[start:at]))
    if len(blocks) > MAX_BLOCKS:
        raise Malformed(f"A body has at most {MAX_BLOCKS:,} blocks.")
    return blocks
