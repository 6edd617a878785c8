"""A store opened to be looked at beside whoever has it open: nothing in it is locked or changed."""

from urllib.parse import parse_qsl, unquote, urlsplit

from block_storage.filesystem import FilesystemBlockStore
from block_storage.locations import open_block_store
from block_storage.seam import BlockStore


def open_for_reading(location: str) -> BlockStore:
    """As open_block_store of a store that is there. Its folders need not be free; anything that would change them raises StorageFailed."""
    parts = urlsplit(location)
    if parts.scheme != "file":
        return open_block_store(location)
    return FilesystemBlockStore(folders_of(location), is_read_only=True)


def folders_of(location: str) -> list[str]:
    """The folders of a store on disk; none for any other."""
    parts = urlsplit(location)
    if parts.scheme != "file":
        return []
    also = [value for key, value in parse_qsl(parts.query) if key == "also"]
    return [path.rstrip("/") or "/" for path in (unquote(parts.path), *also)]
