"""Where the bytes of blocks lie: one seam, and the media behind it."""

from typing import TYPE_CHECKING, Any

from block_storage.errors import (
    BlockCorrupt,
    BlockDamaged,
    BlockNotFound,
    CodecUnknown,
    StorageFailed,
    StorageFull,
    StoreInUse,
)
from block_storage.filesystem import FilesystemBlockStore
from block_storage.locations import open_block_store, printable
from block_storage.memory import MemoryBlockStore
from block_storage.seam import BlockStore, Presence

if TYPE_CHECKING:
    from block_storage.minio import MinioBlockStore

__all__ = [
    "BlockCorrupt",
    "BlockDamaged",
    "BlockNotFound",
    "BlockStore",
    "CodecUnknown",
    "FilesystemBlockStore",
    "MemoryBlockStore",
    "MinioBlockStore",
    "Presence",
    "StorageFailed",
    "StorageFull",
    "StoreInUse",
    "open_block_store",
    "printable",
]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: a server on disks must not carry an S3 client.
    if name != "MinioBlockStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from block_storage.minio import MinioBlockStore

    return MinioBlockStore
