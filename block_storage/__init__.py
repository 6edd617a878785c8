"""Where the bytes of blocks lie: one seam, and the media behind it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from block_storage.api import create_app
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
    from block_storage.http_client import HttpBlockStore
    from block_storage.locations import open_block_store, printable
    from block_storage.measured_store import measured
    from block_storage.memory import MemoryBlockStore
    from block_storage.minio import MinioBlockStore
    from block_storage.parts import Limits, Parts
    from block_storage.reading import folders_of, open_for_reading
    from block_storage.seam import Block, BlockStore, Health, Presence, Proof, Wanted
    from block_storage.vault import FolderVault, Vault, open_vault

__all__ = [
    "Block",
    "BlockCorrupt",
    "BlockDamaged",
    "BlockNotFound",
    "BlockStore",
    "CodecUnknown",
    "FilesystemBlockStore",
    "FolderVault",
    "Health",
    "HttpBlockStore",
    "Limits",
    "MemoryBlockStore",
    "MinioBlockStore",
    "Parts",
    "Presence",
    "Proof",
    "StorageFailed",
    "StorageFull",
    "StoreInUse",
    "Vault",
    "Wanted",
    "create_app",
    "folders_of",
    "measured",
    "open_block_store",
    "open_for_reading",
    "open_vault",
    "printable",
]


# Each is loaded only when it is asked for: a server on disks must not carry an S3 client, a worker no web framework.
_FRONT_DOOR = {
    "Block": "block_storage.seam",
    "BlockCorrupt": "block_storage.errors",
    "BlockDamaged": "block_storage.errors",
    "BlockNotFound": "block_storage.errors",
    "BlockStore": "block_storage.seam",
    "CodecUnknown": "block_storage.errors",
    "FilesystemBlockStore": "block_storage.filesystem",
    "FolderVault": "block_storage.vault",
    "Health": "block_storage.seam",
    "HttpBlockStore": "block_storage.http_client",
    "Limits": "block_storage.parts",
    "MemoryBlockStore": "block_storage.memory",
    "MinioBlockStore": "block_storage.minio",
    "Parts": "block_storage.parts",
    "Presence": "block_storage.seam",
    "Proof": "block_storage.seam",
    "StorageFailed": "block_storage.errors",
    "StorageFull": "block_storage.errors",
    "StoreInUse": "block_storage.errors",
    "Vault": "block_storage.vault",
    "Wanted": "block_storage.seam",
    "create_app": "block_storage.api",
    "folders_of": "block_storage.reading",
    "measured": "block_storage.measured_store",
    "open_block_store": "block_storage.locations",
    "open_for_reading": "block_storage.reading",
    "open_vault": "block_storage.vault",
    "printable": "block_storage.locations",
}


def __getattr__(name: str) -> Any:
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FRONT_DOOR[name]), name)
