"""Where the bytes of blocks lie: one seam, and the media behind it."""

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
from block_storage.minio import MinioBlockStore
from block_storage.seam import BlockStore, Presence

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
