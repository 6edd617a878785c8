"""Which store a location string means: the one table of schemes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from block_storage.filesystem import FilesystemBlockStore
from block_storage.memory import MemoryBlockStore
from block_storage.seam import BlockStore

if TYPE_CHECKING:
    from block_storage.minio import BucketAddress
    from foundation.http_room import RoomClient

Connect = Callable[[str], "RoomClient"]


@dataclass(frozen=True, slots=True)
class _How:
    initialise: bool
    connect: Connect | None


def open_block_store(location: str, initialise: bool = False, connect: Connect | None = None) -> BlockStore:
    """The store at `location`: `memory:`, `file:///a?copies=3&also=/b&also=/c[&least=2]`, `s3+http(s)://KEY:SECRET@host:port/bucket[?region=…]`,
    `http://host:port` of a block storage service, or several of its processes with commas between them, which `connect` calls as the
    room that this is.

    `initialise` makes what is not there yet: the folders' markers, the bucket. Say so at the first start only, or for a new
    empty copy: otherwise a disk that is not mounted would look like a store that lost everything. Raises ValueError for a
    location that cannot be read, StorageFailed, StoreInUse.
    """
    parts = urlsplit(location)
    opener = _OPENERS.get(parts.scheme)
    if opener is None:
        raise ValueError(
            f"{printable(location)} is no store: known are {', '.join(f'{scheme}:' for scheme in _OPENERS)}"
        )
    return opener(parts, _How(initialise, connect))


def printable(location: str) -> str:
    """`location` without its key and secret, for logs and errors."""
    parts = urlsplit(location)
    if "@" not in parts.netloc:
        return location
    return parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]).geturl()


def _open_memory(parts: SplitResult, how: _How) -> BlockStore:  # noqa: ARG001 — memory is always new.
    if parts.netloc or parts.path or parts.query:
        raise ValueError("memory: takes nothing behind the colon")
    return MemoryBlockStore()


def _open_files(parts: SplitResult, how: _How) -> BlockStore:
    options = parse_qsl(parts.query, keep_blank_values=True)
    _require_known(dict(options), {"copies", "also", "least"})
    paths = [unquote(parts.path), *(value for key, value in options if key == "also")]
    if parts.netloc or not all(path.startswith("/") for path in paths):
        raise ValueError(f"{parts.geturl()}: folders are absolute paths, file:///a?also=/b")
    copies = dict(options).get("copies", str(len(paths)))
    if copies != str(len(paths)):
        raise ValueError(
            f"{parts.geturl()}: copies={copies}, but {len(paths)} folders are named; each copy needs its own, by also=/folder"
        )
    least = dict(options).get("least", str(len(paths)))
    if not least.isdecimal() or not 1 <= int(least) <= len(paths):
        raise ValueError(f"{parts.geturl()}: least={least}, but {len(paths)} folders are named")
    return FilesystemBlockStore([path.rstrip("/") or "/" for path in paths], how.initialise, least=int(least))


def _open_bucket(parts: SplitResult, how: _How) -> BlockStore:
    address = bucket_address(parts)
    from block_storage.minio import MinioBlockStore

    return MinioBlockStore(address, how.initialise)


def bucket_address(parts: SplitResult) -> "BucketAddress":
    """Raises ValueError for what is no location of a bucket."""
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    _require_known(options, {"region"})
    bucket = parts.path.strip("/")
    if not parts.hostname or not bucket or "/" in bucket or not parts.username or not parts.password:
        raise ValueError(f"{printable(parts.geturl())}: expected {parts.scheme}://KEY:SECRET@host:port/bucket")
    # Its library takes 20 MB, which a server on disks need not spend.
    from block_storage.minio import BucketAddress

    return BucketAddress(
        endpoint=parts.netloc.rpartition("@")[2],
        bucket=bucket,
        key=unquote(parts.username),
        secret=unquote(parts.password),
        region=options.get("region", "us-east-1"),
        is_secure=parts.scheme == "s3+https",
    )


def _open_service(parts: SplitResult, how: _How) -> BlockStore:
    from block_storage.http_client import HttpBlockStore

    for one in map(urlsplit, parts.geturl().split(",")):
        if one.scheme != "http" or not one.hostname or one.username or one.path.strip("/") or one.query:
            raise ValueError(f"{printable(parts.geturl())}: expected http://host:port")
    if how.connect is None:
        raise ValueError(f"{parts.geturl()}: block storage by itself is called by rooms only")
    return HttpBlockStore(how.connect(parts.geturl()))


def _require_known(options: Mapping[str, str], known: set[str]) -> None:
    if unknown := sorted(options.keys() - known):
        raise ValueError(f"unknown option {unknown[0]!r} in a store's location: known are {', '.join(sorted(known))}")


_OPENERS: Mapping[str, Callable[[SplitResult, _How], BlockStore]] = {
    "memory": _open_memory,
    "file": _open_files,
    "s3+http": _open_bucket,
    "s3+https": _open_bucket,
    "http": _open_service,
}
