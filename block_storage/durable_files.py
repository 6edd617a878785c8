"""Files that are whole and on the disk, or not there: temporary file, write, fdatasync, rename, fsync of the folder."""
# Paths are text in this room: pathlib costs a small put more than its checks do.
# ruff: noqa: PTH116

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from block_storage.errors import StorageFailed, StorageFull
from foundation.problems import Problem

_FULL = {errno.ENOSPC, errno.EDQUOT}
_ABSENT = {errno.ENOENT, errno.ENOTDIR}


@contextmanager
def disk_problems(path: str) -> Iterator[None]:
    """OSError becomes StorageFull where there is no room, else StorageFailed; both name the folder `path`."""
    try:
        yield
    except OSError as error:
        raise _problem(error, path) from error


def _problem(error: OSError, path: str) -> Problem:
    if error.errno in _FULL:
        return StorageFull(f"There is no room left in {path}.")
    return StorageFailed(f"{path}: {error.strerror or error}.")


def write_file(name: str, folder_fd: int, data: bytes | bytearray | memoryview, is_synced: bool = True) -> None:
    """A new file in an open folder, its name not durable on return, its bytes only if `is_synced`. A failed fdatasync is never tried
    again on it."""
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder_fd)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
        if is_synced:
            os.fdatasync(fd)
    finally:
        os.close(fd)


def read_file(path: str, limit: int, *, is_past_cache: bool = False) -> bytes | None:
    """The first `limit` + 1 bytes at most; None if nothing is there. Raises OSError if what is there cannot be read or is no file.

    `is_past_cache`: from the disk, whatever the system remembers of the file, and nothing of it is remembered after.
    """
    try:
        # A FIFO in the place of a file must not block, and a symbolic link must not lead out of the folder.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR, "not a regular file")
        size = min(found.st_size, limit + 1)
        return _read_past_cache(fd, size) if is_past_cache else _read(fd, size)
    finally:
        os.close(fd)


def _read_past_cache(fd: int, size: int) -> bytes:
    # Pages that wait to be written would stay, but whatever has its name was synced before.
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    try:
        return _read(fd, size)
    finally:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _read(fd: int, size: int) -> bytes:
    data = os.read(fd, size)
    while len(data) < size and (more := os.read(fd, size - len(data))):
        data += more
    return data


def file_size(path: str) -> int | None:
    """In bytes; None if nothing is there, -1 for what is not a regular file. Raises OSError if that cannot be told."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def is_there(name: str, folder_fd: int) -> bool:
    try:
        os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def open_folder(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def sync_folder(path: str) -> None:
    fd = open_folder(path)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
