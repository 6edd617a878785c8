"""Where a backup lies: objects under keys, in a folder or in an S3 bucket. It knows nothing of what they mean."""
# Paths are text in this room: pathlib costs a small put more than its checks do.
# ruff: noqa: PTH103, PTH112, PTH208

import os
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Protocol
from urllib.parse import unquote, urlsplit

from block_storage.durable_files import disk_problems, is_there, open_folder, read_file, sync_folder, write_file
from block_storage.errors import BlockNotFound, StorageFailed
from block_storage.locations import bucket_address, printable

_TEMPORARY = ".tmp-"
_OBJECT_BYTES = 1 << 40
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class Vault(Protocol):
    """Objects under keys: segments of [A-Za-z0-9._-] joined by `/`, none beginning with a dot. Synchronous, thread-safe.

    Every method may raise StorageFailed (safe to repeat), and ValueError for what is no key.
    """

    def write(self, key: str, data: bytes) -> None:
        """Put or replace it: a reader sees the old or the new bytes. It outlasts power loss after `settle`. Raises StorageFull."""

    def settle(self) -> None:
        """What was written before is durable on return."""

    def read(self, key: str) -> bytes:
        """Raises BlockNotFound."""

    def keys(self, folder: str) -> Iterator[tuple[str, int]]:
        """Key and size in bytes of each object directly in `folder` ("" for the top), in the order of the keys."""

    def folders(self, folder: str) -> Iterator[str]:
        """The names of the folders directly in `folder`, in order."""

    def erase(self, keys: Collection[str]) -> None:
        """Missing ones are fine."""

    def sweep(self, folder: str) -> None:
        """What writes that were cut off have left in `folder` goes. Nobody writes there meanwhile."""

    def close(self) -> None: ...


def open_vault(location: str, initialise: bool = False) -> Vault:
    """The vault at `location`: `file:///folder` or `s3+http(s)://KEY:SECRET@host:port/bucket[?region=…]`.

    `initialise` makes the folder or the bucket. Raises ValueError for a location that cannot be read, StorageFailed.
    """
    parts = urlsplit(location)
    if parts.scheme == "file":
        if parts.netloc or parts.query or not parts.path.startswith("/"):
            raise ValueError(f"{location}: expected file:///folder")
        return FolderVault(unquote(parts.path).rstrip("/") or "/", initialise)
    if parts.scheme in {"s3+http", "s3+https"}:
        from block_storage.bucket_vault import BucketVault

        return BucketVault(bucket_address(parts), initialise)
    raise ValueError(f"{printable(location)} is no place for a backup: known are file:, s3+http:, s3+https:")


def required_key(key: str) -> str:
    """Raises ValueError unless `key` is one."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of a vault")
    return key


class FolderVault:
    """A vault whose objects are files; keys are their paths. Whoever else may write there must not be able to lead its owner elsewhere."""

    def __init__(self, path: str, initialise: bool = False) -> None:
        """Raises StorageFailed if `path` is no folder."""
        self._path = path
        self._lock = threading.Lock()
        self._touched: set[str] = set()  # folders whose new names are not durable yet
        with disk_problems(path):
            if initialise:
                os.makedirs(path, exist_ok=True)
            if not os.path.isdir(path):
                raise StorageFailed(f"{path} is no folder: is the disk mounted?")

    def write(self, key: str, data: bytes) -> None:
        folder, _, name = f"{self._path}/{required_key(key)}".rpartition("/")
        with disk_problems(self._path):
            fd = self._open(folder, makes=True)
            temporary = _TEMPORARY + secrets.token_hex(8)
            try:
                # A name must never be seen before its bytes are on the disk: whoever sees it does not write them again.
                write_file(temporary, fd, data)
                os.replace(temporary, name, src_dir_fd=fd, dst_dir_fd=fd)
            except OSError:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=fd)
                raise
            finally:
                os.close(fd)
        with self._lock:
            self._touched.add(folder)

    def _open(self, folder: str, makes: bool = False) -> int:
        """A folder in the vault, opened; `makes`: where it is not there, but the vault is, it is made. A link in the place of a folder
        leads nobody out: it raises NotADirectoryError.
        """
        fd, path = open_folder(self._path), self._path
        for name in folder.removeprefix(self._path).strip("/").split("/"):
            outer = fd
            try:
                if makes and name and not is_there(name, outer):
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=outer)
                    with self._lock:
                        self._touched.add(path)
                path = f"{path}/{name}"
                fd = os.open(name or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=outer)
            finally:
                os.close(outer)
        return fd

    def settle(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, set()
        try:
            with disk_problems(self._path):
                for folder in sorted(touched):
                    sync_folder(folder)
        except BaseException:
            with self._lock:
                self._touched |= touched
            raise

    def read(self, key: str) -> bytes:
        with disk_problems(self._path):
            data = read_file(f"{self._path}/{required_key(key)}", _OBJECT_BYTES)
        if data is None:
            raise BlockNotFound(f"The backup has no {key}.")
        return data

    def keys(self, folder: str) -> Iterator[tuple[str, int]]:
        yield from sorted(self._entries(folder, lambda entry: entry.is_file(follow_symlinks=False)))

    def folders(self, folder: str) -> Iterator[str]:
        found = self._entries(folder, lambda entry: entry.is_dir(follow_symlinks=False))
        yield from sorted(key.rpartition("/")[2] for key, _ in found)

    def _entries(self, folder: str, wanted: "Callable[[os.DirEntry[str]], bool]") -> list[tuple[str, int]]:
        prefix = f"{required_key(folder)}/" if folder else ""
        with disk_problems(self._path):
            try:
                fd = self._open(folder)
            except FileNotFoundError:
                if not os.path.isdir(self._path):
                    raise
                return []
            try:
                with os.scandir(fd) as entries:
                    return [
                        (prefix + entry.name, entry.stat(follow_symlinks=False).st_size)
                        for entry in entries
                        if not entry.name.startswith(".") and wanted(entry)
                    ]
            finally:
                os.close(fd)

    def erase(self, keys: Collection[str]) -> None:
        with disk_problems(self._path):
            for key in keys:
                folder, _, name = f"/{required_key(key)}".rpartition("/")
                with suppress(FileNotFoundError):
                    fd = self._open(folder)
                    try:
                        os.unlink(name, dir_fd=fd)
                    finally:
                        os.close(fd)

    def sweep(self, folder: str) -> None:
        with disk_problems(self._path), suppress(FileNotFoundError):
            fd = self._open(required_key(folder) if folder else "")
            try:
                for name in os.listdir(fd):
                    if name.startswith(_TEMPORARY):
                        os.unlink(name, dir_fd=fd)
            finally:
                os.close(fd)

    def close(self) -> None:
        """It holds nothing open."""
