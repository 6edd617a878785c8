"""Files on this machine: walked, read whole or block by block, and never half old, half new."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path

from chunker.cutting import FASTCDC_MIN_BYTES, FIXED_BYTES, cut_file
from client.errors import LocalFileChanged, LocalFileUnreadable
from client.frames import CutBlock
from foundation.blocks import BlockId, Chunking

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A pipe would block until somebody writes: it is opened without waiting, then refused.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file is written to or replaced."""

    size: int
    mtime_ns: int
    inode: int
    is_executable: bool

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        return cls(found.st_size, found.st_mtime_ns, found.st_ino, bool(found.st_mode & 0o100))

    @staticmethod
    def microseconds(time: datetime) -> int:
        """Since 1970, as `mtime_ns // 1000` counts them."""
        return (time - EPOCH) // timedelta(microseconds=1)

    @property
    def modified_at(self) -> datetime | None:
        """In microseconds, as the server keeps it; None outside the years 1 to 9999."""
        try:
            return EPOCH + timedelta(microseconds=self.mtime_ns // 1000)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file (or, with `stamp` None, an empty folder), the path it shall have, and its stamp when it was seen."""

    place: str
    path: str
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class Unusual:
    """What a walk leaves out, and why."""

    place: str
    reason: str


def walk(folder: str, prefix: str) -> Iterator[LocalFile | Unusual]:
    """Everything below `folder`, by name; paths begin with `prefix`. Links and special files are Unusual: never followed."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield Unusual(folder, error.strerror or "cannot be read")
        return
    if not entries and prefix:
        yield LocalFile(folder, prefix, None)
    for entry in entries:
        yield from _entry(entry, prefix)


def _entry(entry: os.DirEntry[str], prefix: str) -> Iterator[LocalFile | Unusual]:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        yield Unusual(entry.path, error.strerror or "cannot be read")
        return
    if stat.S_ISDIR(found.st_mode):
        yield from walk(entry.path, f"{prefix}{entry.name}/")
    elif stat.S_ISREG(found.st_mode):
        yield LocalFile(entry.path, prefix + entry.name, Stamp.of(found))
    else:
        yield Unusual(entry.path, "a link" if stat.S_ISLNK(found.st_mode) else "neither file nor folder")


@contextmanager
def opened(place: str) -> Iterator[FileIO]:
    """The regular file at `place`, unbuffered. Raises LocalFileUnreadable, also for what goes wrong inside."""
    try:
        with FileIO(os.open(place, _FLAGS)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LocalFileUnreadable(f"{place!r} is not a file")
            yield file
    except OSError as error:
        raise LocalFileUnreadable(f"{place!r}: {error.strerror or error}") from None


def stamp_of(file: FileIO) -> Stamp:
    return Stamp.of(os.fstat(file.fileno()))


def read_blocks(place: str, chunking: Chunking) -> tuple[Stamp, list[CutBlock]]:
    """A whole file in memory, cut. Read once more if it changes meanwhile. Raises LocalFileChanged, LocalFileUnreadable."""
    for _ in range(2):
        with opened(place) as file:
            before = stamp_of(file)
            blocks = _cut(file, before.size, chunking)
            if stamp_of(file) == before and sum(len(block.data) for block in blocks) == before.size:
                return before, blocks
    raise LocalFileChanged(f"{place!r} changes while it is read")


def _cut(file: FileIO, size: int, chunking: Chunking) -> list[CutBlock]:
    if size > (FIXED_BYTES if chunking is Chunking.FIXED else FASTCDC_MIN_BYTES):
        return [CutBlock(BlockId.of(block), block) for block in cut_file(file, chunking)]
    data = file.readall()  # One block at most, by both ways of cutting: nothing to be cut.
    return [CutBlock(BlockId.of(data), data)] if data else []


def read_block(place: str, offset: int, size: int) -> bytes:
    """Raises LocalFileChanged if the file has become shorter."""
    with opened(place) as file:
        data = os.pread(file.fileno(), size, offset)
    if len(data) != size:
        raise LocalFileChanged(f"{place!r} has become shorter")
    return data


def local_file(place: Path, path: str) -> LocalFile:
    """One file that a caller names; a link to a file counts as that file. Raises LocalFileUnreadable."""
    with opened(str(place)) as file:
        return LocalFile(str(place), path, stamp_of(file))
