"""Many blocks in one body: repeated 32-byte id, 4-byte big-endian length, bytes (`application/vnd.cairn.blocks`)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from foundation.blocks import BlockId

PIECE_BYTES = 256 * 1024
HEAD_BYTES = 36


@dataclass(frozen=True, slots=True)
class CutBlock:
    """A block in memory."""

    id: BlockId
    data: bytes | bytearray


def frames(blocks: Iterable[CutBlock], frame_bytes: int) -> Iterator[list[CutBlock]]:
    """`blocks` in order, as bodies of about `frame_bytes`: none is larger unless a single block is."""
    frame: list[CutBlock] = []
    size = 0
    for block in blocks:
        if frame and size + HEAD_BYTES + len(block.data) > frame_bytes:
            yield frame
            frame, size = [], 0
        frame.append(block)
        size += HEAD_BYTES + len(block.data)
    if frame:
        yield frame


def frame_size(frame: Sequence[CutBlock]) -> int:
    return sum(HEAD_BYTES + len(block.data) for block in frame)


def frame_pieces(frame: Sequence[CutBlock]) -> Iterator[bytes]:
    """The body in pieces of about PIECE_BYTES: a body in one piece would be copied again for every write to a socket."""
    small: list[bytes | bytearray] = []
    held = 0
    for block in frame:
        small.append(block.id + len(block.data).to_bytes(4, "big"))
        if len(block.data) < PIECE_BYTES:
            small.append(block.data)
            held += len(block.data)
        if held >= PIECE_BYTES or len(block.data) >= PIECE_BYTES:
            yield b"".join(small)
            small, held = [], 0
        if len(block.data) >= PIECE_BYTES:
            with memoryview(block.data) as view:
                for start in range(0, len(view), PIECE_BYTES):
                    yield bytes(view[start : start + PIECE_BYTES])
    if small:
        yield b"".join(small)
