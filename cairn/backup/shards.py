"""What a snapshot holds, in files beside that have no names, so that nothing of it stays behind: memory holds one shard of 256."""

import errno
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager, suppress
from tempfile import TemporaryFile, gettempdir
from typing import IO, Any, Self

from block_storage import StorageFull
from cairn.backup.repository import SHARDS, Repository
from cairn.backup.snapshot import Snapshot
from cairn.errors import BackupDamaged
from foundation.blocks import BlockName
from foundation.portable_rows import RowPage
from metadata import BlockState, RegisteredBlock, registered_blocks


class Shards:
    """Which blocks there are, by shard of the backup, and objects to be written later. A context manager."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.blocks = self.bytes = 0

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._files: dict[str, IO[str]] = {}
        self._kept = TemporaryFile()
        self._stack.callback(_throw_away, self._kept)
        self._sizes: list[int] = []
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def keep(self, data: bytes) -> None:
        """Raises StorageFull."""
        with _room_beside():
            self._kept.write(data)
        self._sizes.append(len(data))

    def kept(self) -> Iterator[bytes]:
        """What was given to `keep`, in its order."""
        with _room_beside():
            self._kept.seek(0)  # It writes what is in memory yet.
        for size in self._sizes:
            yield self._kept.read(size)

    def add(self, page: RowPage, without: Container[str] = ()) -> None:
        """The blocks among these rows whose bytes are there, but for those of these names. Raises StorageFull, BackupDamaged."""
        with _room_beside(), readable(page):
            self._add(page, without)

    def _add(self, page: RowPage, without: Container[str]) -> None:
        for block in registered_blocks(page):
            if block.state is BlockState.STORED and str(block.name) not in without:
                self.blocks += 1
                self.bytes += block.stored_size
                self._file(self._repository.name(block.name.id)[:2]).write(
                    f"{block.name} {block.stored_size} {block.xxh3}\n"
                )

    def add_all(self, snapshot: Snapshot) -> None:
        """The blocks of a snapshot in the backup, but for those that it could not have. Raises BackupDamaged."""
        for number, said in enumerate(snapshot.rows):
            if said.table == "blocks":
                _, text = self._repository.rows(snapshot, number)
                self.add(RowPage(said.table, said.columns, said.rows, text), frozenset(snapshot.unreadable))

    def _file(self, shard: str) -> IO[str]:
        if shard not in self._files:
            self._files[shard] = TemporaryFile("w+")  # noqa: SIM115 — the stack closes it.
            self._stack.callback(_throw_away, self._files[shard])
        return self._files[shard]

    def __iter__(self) -> Iterator[tuple[str, list[RegisteredBlock]]]:
        """Each shard's name and blocks, no block twice."""
        for shard in SHARDS:
            yield shard, self._read(shard)

    def _read(self, shard: str) -> list[RegisteredBlock]:
        if shard not in self._files:
            return []
        file = self._files[shard]
        with _room_beside():
            file.seek(0)
        return [_parsed(line) for line in dict.fromkeys(file)]


@contextmanager
def readable(page: RowPage) -> Iterator[None]:
    """Raises BackupDamaged where rows are read that no version wrote, though their hash is right."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise BackupDamaged(f"Rows of {page.table!r} in the backup are none that this version wrote.") from error


def _throw_away(file: IO[Any]) -> None:
    with suppress(OSError):  # There may be no room for what it has in memory yet.
        file.close()


@contextmanager
def _room_beside() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise StorageFull(
            f"{gettempdir()} is full: set TMPDIR to a folder with room for a quarter of what the database takes."
        ) from error


def _parsed(line: str) -> RegisteredBlock:
    name, size, xxh3 = line.split()
    return RegisteredBlock(BlockName.parse(name), int(size), int(xxh3), BlockState.STORED)
