"""What every store checks of the bytes that pass through it, whatever the medium."""

import hashlib

import xxhash

from block_storage.errors import BlockCorrupt, CodecUnknown
from foundation.blocks import MAX_BLOCK_BYTES, BlockName


def require_known_codec(name: BlockName) -> None:
    """Raises CodecUnknown unless the bytes under `name` are raw: this version knows no codec."""
    if name.codec is not None:
        raise CodecUnknown(f"The block {name.id} is stored with the codec {name.codec}.")


def corruption(name: BlockName, data: bytes | bytearray | memoryview) -> BlockCorrupt | None:
    """What is wrong with `data` for storing it under `name`: its SHA-256 or length. Raises CodecUnknown."""
    require_known_codec(name)
    if not 1 <= len(data) <= MAX_BLOCK_BYTES:
        return BlockCorrupt(f"A block has 1 to {MAX_BLOCK_BYTES} bytes, not {len(data)}.")
    if hashlib.sha256(data).digest() != name.id:
        return BlockCorrupt(f"The bytes sent are not those of the block {name.id}.")
    return None


def require_right(name: BlockName, data: bytes | bytearray | memoryview) -> None:
    """Raises unless `data` may be stored under `name`: BlockCorrupt, CodecUnknown."""
    if problem := corruption(name, data):
        raise problem


def is_right_xxh3(data: bytes | memoryview, xxh3: int) -> bool:
    return xxhash.xxh3_64_intdigest(data) == xxh3


def is_right_sha256(name: BlockName, data: bytes) -> bool:
    return hashlib.sha256(data).digest() == name.id
