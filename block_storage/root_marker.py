"""The marker of a disk store's folder: tells it from an empty mount, carries the store's id, and is what the lock is taken on."""
# Paths are text in this room: pathlib costs a small put more than its checks do.
# ruff: noqa: PTH116

import fcntl
import os
import re
import threading

from block_storage.durable_files import disk_problems
from block_storage.errors import StorageFailed, StoreInUse

MARKER = "cairn-store"
_FORMAT = "cairn block store 1\n"
_TEXT = re.compile(re.escape(_FORMAT) + r"([0-9a-f]{32})\n")


def marker_text(store_id: str) -> bytes:
    return f"{_FORMAT}{store_id}\n".encode()


def store_id_in(path: str) -> str | None:
    """The id in the marker of the folder `path`, None where there is no marker. Raises StorageFailed."""
    with disk_problems(path):
        try:
            fd = os.open(f"{path}/{MARKER}", os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return _parsed(os.read(fd, 200), path)
        finally:
            os.close(fd)


def _parsed(text: bytes, path: str) -> str:
    found = _TEXT.fullmatch(text.decode(errors="replace"))
    if not found:
        raise StorageFailed(f"{path}/{MARKER} is not the marker of a store that this version knows.")
    return found[1]


class RootMarker:
    """The lock on one folder, which must be a copy of the store `store_id`. Thread-safe."""

    def __init__(self, path: str, store_id: str, is_shared: bool = False) -> None:
        """`is_shared`: beside whoever has the lock, to read only."""
        self._path = path
        self._is_shared = is_shared
        self._store_id = store_id
        self._fd = -1
        self._place: tuple[int, int] | None = None  # Device and inode of the marker that is open and locked.
        self._lock = threading.Lock()

    def require(self) -> None:
        """Raises StorageFailed unless the marker is where it was, StoreInUse where another process has it.

        A disk that was mounted again is locked again and taken back.
        """
        if not self.is_in_place():
            with self._lock:
                if not self.is_in_place():
                    self._take()

    def is_in_place(self) -> bool:
        try:
            found = os.stat(f"{self._path}/{MARKER}")
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._place

    def duplicate(self) -> int:
        """A descriptor of the open marker, for the caller to close. Raises OSError where it is not open.

        It shares one open file description as long as the disk stays mounted (file_system_sync)."""
        with self._lock:
            return os.dup(self._fd)

    def release(self) -> None:
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd, self._place = -1, None

    def _take(self) -> None:
        with disk_problems(self._path):
            fd = os.open(f"{self._path}/{MARKER}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if not self._is_shared:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _parsed(os.read(fd, 200), self._path) != self._store_id:
                    raise StorageFailed(f"{self._path} holds another store than the one it is a copy of.")
                found = os.fstat(fd)
            except BlockingIOError:
                os.close(fd)
                raise StoreInUse(f"{self._path} is open in another process: one folder, one server.") from None
            except BaseException:
                os.close(fd)
                raise
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._place = fd, (found.st_dev, found.st_ino)
