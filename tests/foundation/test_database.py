"""SQLite under readers that never pause: its log must not grow for ever."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from foundation import database as database_module
from foundation.database import Database, opened

MIB = 1 << 20


class Relay:
    """Two readers in turn: each ends its read only when the other has begun its next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._may_begin = [threading.Semaphore(1), threading.Semaphore(0)]
        self._has_begun = [threading.Semaphore(0), threading.Semaphore(0)]
        self._stopping = threading.Event()

    def run(self, me: int) -> None:
        is_first = me == 0  # Its first read began before the other's; it is the second that the other waits for.
        self._may_begin[me].acquire()
        while not self._stopping.is_set():
            self._database.read(partial(self._read, me, is_first))
            is_first = False
            self._may_begin[me].acquire()

    def _read(self, me: int, is_first: bool, connection: Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM t").close()
        if not is_first:
            self._has_begun[me].release()
        self._may_begin[1 - me].release()
        self._has_begun[1 - me].acquire()

    def stop(self) -> None:
        self._stopping.set()
        for semaphore in (*self._may_begin, *self._has_begun):
            semaphore.release(2)


@contextmanager
def never_without_a_reader(database: Database) -> Iterator[None]:
    relay = Relay(database)
    threads = [threading.Thread(target=relay.run, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    yield
    relay.stop()
    for thread in threads:
        thread.join()


def test_a_read_that_lasts_does_not_hold_up_each_write_behind_a_long_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WAL_BYTES", MIB)
    with opened(f"sqlite:///{tmp_path / 'd.db'}") as database:
        database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (b BLOB)").close())
        tried: list[str] = []
        with closing(database._writer.raw_connection()) as raw:  # noqa: SLF001
            raw.driver_connection.set_trace_callback(tried.append)  # type: ignore[union-attr]

        def last(connection: Connection) -> None:
            connection.exec_driver_sql("SELECT * FROM t").close()
            for _ in range(30):
                database.write(lambda c: c.exec_driver_sql("INSERT INTO t VALUES (?)", (bytes(MIB // 10),)).close())

        database.snapshot(last)
        assert 1 <= sum("wal_checkpoint" in statement for statement in tried) <= 3
        database.write(lambda c: c.exec_driver_sql("INSERT INTO t VALUES (?)", (bytes(2 * MIB),)).close())
        assert (tmp_path / "d.db-wal").stat().st_size == 0


def test_the_log_of_sqlite_stays_small_while_there_is_always_a_reader(tmp_path: Path) -> None:
    limit = database_module.WAL_BYTES
    with opened(f"sqlite:///{tmp_path / 'd.db'}") as database:
        database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER, b BLOB)").close())
        with never_without_a_reader(database):
            for number in range(3 * limit // (4 * MIB)):
                row = (number % 4, bytes(4 * MIB))
                database.write(lambda c, row=row: c.exec_driver_sql("INSERT INTO t VALUES (?, ?)", row).close())  # type: ignore[misc]
                database.write(lambda c: c.exec_driver_sql("DELETE FROM t").close())
            assert (tmp_path / "d.db-wal").stat().st_size <= limit + 16 * MIB
