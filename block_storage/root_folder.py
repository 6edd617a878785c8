"""One copy of a disk store: `<root>/ab/<name>`, `<root>/meta/<key>` and the marker."""
# Paths are text in this room: pathlib costs a small put more than its checks do.
# ruff: noqa: PTH100, PTH102, PTH103, PTH108, PTH116, PTH118, PTH120, PTH208

import logging
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from block_storage.durable_files import (
    disk_problems,
    file_size,
    is_there,
    open_folder,
    read_file,
    sync_folder,
    write_file,
)
from block_storage.errors import StorageFailed, StoreInUse
from block_storage.file_system_sync import is_syncfs_believed, sync_file_system
from block_storage.root_marker import MARKER, RootMarker, marker_text
from block_storage.shared_sync import SharedSync
from foundation.blocks import MAX_BLOCK_BYTES

CLEAN, META, INDEX = "cairn-clean", "meta", "index.sqlite"
FOLDERS = tuple(f"{number:02x}" for number in range(256))
_TEMPORARY, _ASIDE = ".tmp-", ".aside-"

_log = logging.getLogger(__name__)


def make_root(path: str, store_id: str) -> None:
    """Make an empty or absent folder a copy of the store `store_id`. Raises StorageFailed if anything foreign lies in it."""
    with disk_problems(path):
        os.makedirs(path, exist_ok=True)
        entries = set(os.listdir(path)) - {*FOLDERS, META, "lost+found"}
        if foreign := sorted(entry for entry in entries if not entry.startswith(_TEMPORARY)):
            raise StorageFailed(f"{path} is not empty ({foreign[0]}): give the store a folder of its own.")
        for folder in (*FOLDERS, META):
            os.makedirs(f"{path}/{folder}", exist_ok=True)
    RootFolder(path, store_id).write("", MARKER, marker_text(store_id), is_new_root=True)
    with disk_problems(path):
        sync_folder(os.path.dirname(os.path.abspath(path)))


class RootFolder:
    """The files of one copy. Names and keys come as the plain names of files, checked by the store above.

    Where the disk refuses, methods that say nothing else raise StorageFull or StorageFailed, which name the folder.
    """

    def __init__(self, path: str, store_id: str, is_read_only: bool = False) -> None:
        """`is_read_only`: nothing is written or locked, and another process may have the folder open."""
        self.path = path
        self._is_read_only = is_read_only
        self._marker = RootMarker(path, store_id, is_shared=is_read_only)
        self._folders = SharedSync(os.fsync)
        self._whole = SharedSync(sync_file_system)
        self.takes_groups = False  # Is `write_group` possible here?
        self._is_littered = False

    def attach(self) -> bool:
        """Take the lock; was the copy closed cleanly? If not, what a crash left is swept. Raises StorageFailed, StoreInUse."""
        self._marker.require()
        if self._is_read_only:
            return False
        self.takes_groups = self._is_one_file_system()
        try:
            os.unlink(f"{self.path}/{CLEAN}")
            sync_folder(self.path)
        except FileNotFoundError:
            self._sweep()
            return False
        except OSError:  # Read-only: it can be read from.
            return False
        return True

    def _require_own(self) -> None:
        self._marker.require()
        if self._is_read_only:
            raise StorageFailed(f"{self.path} was opened to be read only.")

    def _is_one_file_system(self) -> bool:
        """Does one syncfs make all 256 folders durable? One of them may be a link to another disk."""
        try:
            devices = {os.stat(f"{self.path}/{folder}").st_dev for folder in ("", MARKER, *FOLDERS)}
            with self._marker_opened() as fd:
                return len(devices) == 1 and is_syncfs_believed(fd)
        except OSError:
            return False

    def require_attached(self) -> None:
        """Raises StorageFailed unless the marker is there: an empty mount must not look like a store without blocks."""
        self._marker.require()

    def is_attached(self) -> bool:
        try:
            self._marker.require()
        except (StorageFailed, StoreInUse):
            return False
        return True

    def require_writable(self) -> None:
        """Raises StorageFailed where the folder is gone or read-only."""
        self._marker.require()
        if self._is_read_only or not os.access(self.path, os.W_OK | os.X_OK):
            raise StorageFailed(f"{self.path} cannot be written to.")

    def is_writable(self) -> bool:
        try:
            self.require_writable()
        except (StorageFailed, StoreInUse):
            return False
        return True

    def close(self, is_clean: bool = True) -> None:
        """Note that nothing is left over, unless something is, then give up the lock."""
        if is_clean and self._marker.is_in_place() and not self._is_littered and not self._is_read_only:
            with suppress(OSError):
                self._replace("", CLEAN, b"")
        self._marker.release()

    def write(self, folder: str, name: str, data: bytes | bytearray | memoryview, is_new_root: bool = False) -> None:
        """Durable and atomic; what lay there is replaced. If it raises, what was not there before is not there."""
        if not is_new_root:
            self._require_own()
        with disk_problems(self.path):
            self._replace(folder, name, data)
        if not is_new_root:
            self._marker.require()  # Unmounted meanwhile: the bytes may lie in the folder below.

    def write_group(self, blocks: Mapping[str, bytes | bytearray | memoryview]) -> None:
        """Each durable and atomic under its name, with two syncs for all. If it raises, what was not there before is not there."""
        self._require_own()
        leftovers: list[str] = []
        with disk_problems(self.path), self._opened("") as fd, self._marker_opened() as synced:
            failures = self._whole.failures("")
            try:
                staged = self._staged(blocks, fd, leftovers)
                self._whole.sync("", synced, failures)
                for temporary, path in staged:
                    self._rename(temporary, path, fd)
                self._whole.sync("", synced, failures)
            except OSError:
                self._discard(leftovers, fd)
                raise
        self._marker.require()

    def _staged(
        self, blocks: Mapping[str, bytes | bytearray | memoryview], fd: int, leftovers: list[str]
    ) -> list[tuple[str, str]]:
        """Temporary and final paths in the root, open as `fd`. `leftovers` takes what a failure has to remove."""
        token = secrets.token_hex(8)
        staged = []
        for number, (name, data) in enumerate(blocks.items()):
            folder = name[:2]
            temporary, path = f"{folder}/{_TEMPORARY}{token}-{number}", f"{folder}/{name}"
            leftovers.append(temporary)
            if not is_there(path, fd):
                leftovers.append(path)
            try:
                write_file(temporary, fd, data, is_synced=False)
            except FileNotFoundError:
                os.mkdir(folder, dir_fd=fd)  # As in _opened; the group's sync takes it in.
                write_file(temporary, fd, data, is_synced=False)
            staged.append((temporary, path))
        return staged

    def read(self, folder: str, name: str, limit: int = MAX_BLOCK_BYTES) -> bytes | None:
        """The first `limit` + 1 bytes at most; None if nothing is there. Raises OSError if what is there cannot be read."""
        return read_file(f"{self.path}/{folder}/{name}", limit)

    def read_past_cache(self, name: str) -> bytes | None:
        """As `read` of a block, from the disk itself."""
        return read_file(f"{self.path}/{name[:2]}/{name}", MAX_BLOCK_BYTES, is_past_cache=True)

    def is_readable(self) -> bool:
        """Is the copy there, and does its disk give the marker's bytes? If not, a block that cannot be read says nothing of itself."""
        try:
            return self.is_attached() and bool(read_file(f"{self.path}/{MARKER}", 200, is_past_cache=True))
        except OSError:
            return False

    def size(self, folder: str, name: str) -> int | None:
        """In bytes; None if nothing is there, -1 for what is no file. Raises OSError if that cannot be told."""
        return file_size(f"{self.path}/{folder}/{name}")

    def erase(self, names: Iterable[str], folder: str | None = None) -> None:
        """Blocks, or what lies in `folder`. Durable; synced even if nothing was there: an erasure before may have been cut off
        between its two steps."""
        self._require_own()
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            folders[folder or name[:2]].append(name)
        with disk_problems(self.path):
            for each, inside in folders.items():
                self._erase(each, inside)

    def _erase(self, folder: str, names: Iterable[str]) -> None:
        with self._opened(folder) as fd:
            for name in names:
                with suppress(FileNotFoundError):
                    try:
                        os.unlink(name, dir_fd=fd)
                    except IsADirectoryError:
                        self._move_away(name, fd)
            self._folders.sync(folder, fd)

    def set_aside(self, name: str) -> None:
        """Rename the file of the block, durably, so that its bytes are kept and count no more. Fine if it is not there."""
        self._require_own()
        with disk_problems(self.path), self._opened(name[:2]) as fd:
            aside = _ASIDE + name
            if is_there(aside, fd):
                aside = f"{_ASIDE}{secrets.token_hex(4)}-{name}"
            with suppress(FileNotFoundError):
                os.rename(name, aside, src_dir_fd=fd, dst_dir_fd=fd)
                _log.warning("damaged bytes of a block in %s are kept as %s/%s", self.path, name[:2], aside)
            self._folders.sync(name[:2], fd)

    def has_aside(self, name: str) -> bool:
        """Were bytes of the block set aside here?"""
        try:
            found = self.size(name[:2], _ASIDE + name)
        except OSError:
            return False
        return found is not None and found >= 0

    def entries(self, folder: str) -> list[tuple[str, int]]:
        """Name and size of every regular file in `folder`, in no order; none if the folder is not there."""
        with disk_problems(self.path):
            try:
                with os.scandir(f"{self.path}/{folder}") as entries:
                    files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
                    return [(entry.name, entry.stat(follow_symlinks=False).st_size) for entry in files]
            except FileNotFoundError:
                return []

    def _sweep(self) -> None:
        for folder in ("", META, *FOLDERS):
            path = f"{self.path}/{folder}"
            with suppress(OSError):
                for entry in os.listdir(path):
                    if entry.startswith(_TEMPORARY):
                        os.unlink(f"{path}/{entry}")

    def _replace(self, folder: str, name: str, data: bytes | bytearray | memoryview) -> None:
        with self._opened(folder) as fd:
            temporary = _TEMPORARY + secrets.token_hex(8)
            was_there = is_there(name, fd)
            try:
                write_file(temporary, fd, data)
                self._rename(temporary, name, fd)
                self._folders.sync(folder, fd)
            except OSError:
                self._discard([temporary] if was_there else [temporary, name], fd)
                raise

    def _discard(self, leftovers: Iterable[str], fd: int) -> None:
        for leftover in leftovers:
            try:
                os.unlink(leftover, dir_fd=fd)
            except FileNotFoundError:
                continue
            except OSError:
                self._is_littered = True  # The next start sweeps.

    def _rename(self, temporary: str, path: str, fd: int) -> None:
        try:
            os.rename(temporary, path, src_dir_fd=fd, dst_dir_fd=fd)
        except IsADirectoryError:
            self._move_away(path, fd)
            os.rename(temporary, path, src_dir_fd=fd, dst_dir_fd=fd)

    def _move_away(self, path: str, fd: int) -> None:
        """What is no file was not made by us: kept, out of the way."""
        folder, name = os.path.split(path)
        aside = os.path.join(folder, f"{_ASIDE}{secrets.token_hex(4)}-{name[:200]}")
        _log.warning("in %s a folder lay in the place of a file; it is now %s", self.path, aside)
        os.rename(path, aside, src_dir_fd=fd, dst_dir_fd=fd)

    @contextmanager
    def _marker_opened(self) -> Iterator[int]:
        fd = self._marker.duplicate()
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _opened(self, folder: str) -> Iterator[int]:
        path = f"{self.path}/{folder}"
        try:
            fd = open_folder(path)
        except FileNotFoundError:
            # Somebody removed one of the 256 by hand; the marker is there, so this is no empty mount.
            os.mkdir(path)
            sync_folder(self.path)
            fd = open_folder(path)
        try:
            yield fd
        finally:
            os.close(fd)
