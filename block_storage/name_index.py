"""An SQLite index of what a disk store holds: for the order of lists and of the scrub, never evidence."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from block_storage.errors import StorageFailed

_WAITING_AT_MOST = 1000
_SOUND = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
    name TEXT PRIMARY KEY,
    size INTEGER NOT NULL,     -- bytes
    verified_at INTEGER        -- Unix seconds of the last time the bytes hashed to the name; NULL: not since the index was rebuilt
) STRICT, WITHOUT ROWID
"""


class NameIndex:
    """Takes additions and removals in memory, writes them in batches without any fsync, and so doubts itself after a crash.

    Thread-safe. Additions never raise and never wait for a rebuild.
    """

    def __init__(self, path: str, was_clean: bool) -> None:
        """`was_clean`: was the store closed by `close` last time?"""
        self._path = Path(path)
        self._database: sqlite3.Connection | None = None
        self._is_sound = False
        self._waiting: dict[str, tuple[int, int] | None] = {}  # name → size and time, or None once it is gone.
        self._waiting_lock = threading.Lock()
        self._lock = threading.Lock()
        with suppress(StorageFailed), self._lock, self._opened() as database:
            self._is_sound = was_clean and database.execute("PRAGMA user_version").fetchone()[0] == _SOUND
            database.execute("PRAGMA user_version = 0")

    def add(self, sizes: Mapping[str, int]) -> None:
        """These names were just written, their bytes hashed."""
        now = int(time.time())
        with self._waiting_lock:
            self._waiting.update((name, (size, now)) for name, size in sizes.items())
            is_full = len(self._waiting) >= _WAITING_AT_MOST
        if is_full and self._lock.acquire(blocking=False):
            try:
                with suppress(StorageFailed):
                    self._write_waiting()
            finally:
                self._lock.release()

    def remove(self, names: Iterable[str]) -> None:
        with self._waiting_lock:
            self._waiting.update(dict.fromkeys(names))

    def page(self, after: str, limit: int, found: Iterable[tuple[str, int]]) -> list[str]:
        """At most `limit` names above `after`, in order. `found`, each name and size in the folders, is read only if the index is in doubt.

        Raises StorageFailed where the index cannot be kept, as on a full disk.
        """
        with self._lock:
            if not self._is_sound:
                self._rebuild(found)
            self._write_waiting()
            with self._opened() as database:
                rows = database.execute("SELECT name FROM blocks WHERE name > ? ORDER BY name LIMIT ?", (after, limit))
                return [name for (name,) in rows]

    def close(self) -> None:
        with self._lock:
            with suppress(StorageFailed):
                self._write_waiting()
                with self._opened() as database:
                    database.execute(f"PRAGMA user_version = {_SOUND if self._is_sound else 0}")
                    # The mark of a clean end is on the disk after this, so the index has to be.
                    database.execute("PRAGMA synchronous = FULL")
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._database:
                self._database.close()
                self._database = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The connection; an error of SQLite's makes the index doubt itself and becomes StorageFailed."""
        try:
            if self._database is None:
                self._database = self._connect()
            yield self._database
        except sqlite3.Error as error:
            self._doubt(error)
            raise StorageFailed(f"The index {self._path} cannot be used: {error}.") from error

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = OFF")
            database.execute(_SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _doubt(self, error: sqlite3.Error) -> None:
        self._is_sound = False
        if self._database:
            self._database.close()
            self._database = None
        is_garbage = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if is_garbage:
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _write_waiting(self) -> None:
        with self._waiting_lock:
            taken, self._waiting = self._waiting, {}
        if not taken:
            return
        added = [(name, *what) for name, what in taken.items() if what]
        removed = [(name,) for name, what in taken.items() if not what]
        with self._opened() as database:
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", added)
            database.executemany("DELETE FROM blocks WHERE name = ?", removed)
            database.execute("COMMIT")

    def _rebuild(self, found: Iterable[tuple[str, int]]) -> None:
        """What is still there keeps its time of verification."""
        # Written now, so that what waits from here on is newer than what the folders say.
        self._write_waiting()
        with self._opened() as database:
            database.execute("BEGIN")
            try:
                database.execute("CREATE TEMP TABLE found (name TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID")
                database.executemany("INSERT OR IGNORE INTO found VALUES (?, ?)", found)
                database.execute("DELETE FROM blocks WHERE name NOT IN (SELECT name FROM found)")
                database.execute("INSERT OR IGNORE INTO blocks SELECT name, size, NULL FROM found")
                database.execute("DROP TABLE found")
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")
        self._is_sound = True
