"""What a list of chunks must keep to, and what follows from it: content hash and etag. Pure (DESIGN.md 4 and 5)."""

import hashlib
from collections.abc import Iterable, Sequence

from foundation.blocks import MAX_BLOCK_BYTES, MIB, Chunking
from metadata.errors import ChunksInvalid
from metadata.model import Chunk

# Least and greatest size of every chunk but the last, which may be shorter.
BOUNDS = {Chunking.FIXED: (MIB, MIB), Chunking.FASTCDC: (MIB // 4, MAX_BLOCK_BYTES)}
PAGE_CHUNKS = 10_000


def check_sizes(sizes: Sequence[int], chunking: Chunking | None, *, first_index: int = 0) -> None:
    """The sizes of a list, or of a page of one whose last may be the last of all. Raises ChunksInvalid.

    `chunking` None: the bucket is not known yet; only what holds for every bucket is checked.
    """
    least, greatest = BOUNDS[chunking] if chunking else (1, MAX_BLOCK_BYTES)
    if not sizes:
        return
    if min(sizes) < 1 or max(sizes) > greatest:
        index = next(n for n, size in enumerate(sizes) if not 1 <= size <= greatest)
        raise ChunksInvalid(f"Chunk {first_index + index} has {sizes[index]} bytes; 1 to {greatest} are allowed.")
    if len(sizes) > 1 and min(sizes[:-1]) < least:
        index = next(n for n, size in enumerate(sizes) if size < least)
        raise ChunksInvalid(
            f"Chunk {first_index + index} has {sizes[index]} bytes; all but the last have at least {least} here."
        )


def check_page(chunks: Sequence[Chunk], chunking: Chunking | None, *, first_index: int = 0) -> None:
    """A page of a plan: at most 10,000. Raises ChunksInvalid."""
    if len(chunks) > PAGE_CHUNKS:
        raise ChunksInvalid(f"A page holds at most {PAGE_CHUNKS} chunks; send the others in further pages.")
    check_sizes([chunk.size for chunk in chunks], chunking, first_index=first_index)


def check_total(total: int, size: int | None) -> None:
    """The chunks' sum against the size that was promised. Raises ChunksInvalid."""
    if size is not None and total != size:
        raise ChunksInvalid(f"The chunks have {total} bytes together, but the file was said to have {size}.")


def content_hash(ids: Iterable[bytes]) -> bytes:
    """SHA-256 of the concatenated SHA-256s of the chunks, in order."""
    digest = hashlib.sha256()
    for id in ids:
        digest.update(id)
    return digest.digest()


def default_etag(of_content: bytes, num_chunks: int) -> str:
    """DESIGN.md 4 "Versions": never shaped like an MD5, which S3's clients would compare with the bytes'."""
    return f"{of_content.hex()[:32]}-{num_chunks}"
