"""A file that is being written beside its place: `.cairn-<32 hex digits>.part`, found again by the copy that goes on."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from client.errors import LocalTargetRefused
from client.local_files import Stamp
from client.model import Chunk, RemoteFile
from foundation.blocks import BlockId


class PartialFile:
    """Blocks in any order, from several threads; at `target` only when all are there and durable.

    What a killed copy of the same version left is taken up: its blocks are hashed, never believed.
    """

    def __init__(self, target: Path, descriptor: int, temporary: Path, is_continued: bool) -> None:
        self._target = target
        self._descriptor = descriptor
        self._temporary = temporary
        self._is_continued = is_continued

    def has(self, chunk: Chunk) -> bool:
        """Whether the bytes of `chunk` are there already."""
        if not self._is_continued:
            return False
        data = os.pread(self._descriptor, chunk.size, chunk.offset)
        return len(data) == chunk.size and BlockId.of(data) == chunk.id

    def write(self, offset: int, data: bytes | memoryview) -> None:
        with memoryview(data) as rest:
            done = 0
            while done < len(data):
                done += os.pwrite(self._descriptor, rest[done:], offset + done)

    def begin_to_settle(self, offset: int, size: int) -> None:
        """Have the disk begin with these bytes while others still come: `publish` waits for the last of them only."""
        # Linux writes what it is told that nobody will need; macOS cannot be told, and where advice is refused nothing is lost.
        if hasattr(os, "posix_fadvise"):
            with suppress(OSError):
                os.posix_fadvise(self._descriptor, offset, size, os.POSIX_FADV_DONTNEED)

    def publish(self, file: RemoteFile) -> None:
        """Give it the file's size, times and executable bit, make it durable, and move it to its place in one step."""
        os.ftruncate(self._descriptor, file.size)
        mode = os.fstat(self._descriptor).st_mode & 0o777
        executable = (mode & 0o444) >> 2  # Whoever may read it may run it.
        os.fchmod(self._descriptor, mode | executable if file.is_executable else mode & ~0o111)
        if file.modified_at:
            modified_ns = Stamp.microseconds(file.modified_at) * 1000
            os.utime(self._descriptor, ns=(modified_ns, modified_ns))
        os.fsync(self._descriptor)
        self._temporary.rename(self._target)


@contextmanager
def partial_file(target: Path, file: RemoteFile) -> Iterator[PartialFile]:
    """The place to write the bytes of `file` for `target`; its folder must be there. Kept when the copy breaks off.

    Raises LocalTargetRefused where it cannot be written, or another copy is writing it.
    """
    key = hashlib.sha256(os.fsencode(target.name) + b"\0" + file.content_hash.encode()).hexdigest()[:32]
    temporary = target.parent / f".cairn-{key}.part"
    try:
        if target.is_dir():
            raise LocalTargetRefused(f"'{target}' is a folder")
        is_continued = temporary.exists()
        # The link of somebody else must not send the bytes elsewhere.
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield PartialFile(target, descriptor, temporary, is_continued)
        finally:
            os.close(descriptor)
    except BlockingIOError:
        raise LocalTargetRefused(f"'{target}' is being written by another copy") from None
    except OSError as error:
        raise LocalTargetRefused(f"'{target}': {error.strerror or error}") from None


def make_folders(root: Path, folders: Sequence[str]) -> Path:
    """`root` and the folders below it, made where missing. A link among them could lead anywhere: LocalTargetRefused."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        place = root
        for name in folders:
            place = place / name
            with suppress(FileExistsError):
                place.mkdir()
            if place.is_symlink() or not place.is_dir():
                raise LocalTargetRefused(f"'{place}' is no folder of its own")
    except OSError as error:
        raise LocalTargetRefused(f"'{root}': {error.strerror or error}") from None
    return place


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
