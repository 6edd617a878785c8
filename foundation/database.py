"""Transactions on SQLite and PostgreSQL: one writer with BEGIN IMMEDIATE here, a pool at READ COMMITTED there (ALGORITHMS.md)."""

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from foundation.database_measures import FAILED, REPEATED, connected, reason_of, watch_connections
from foundation.database_traces import trace_statements
from foundation.problems import DatabaseForbids, DatabaseUnavailable, OutcomeUnknown
from foundation.tracing import is_traced

T = TypeVar("T")

TRIES = 3
# Serialization failure, deadlock, lock not available, and a row that vanished behind a foreign key.
_REPEATABLE = {"40001", "40P01", "55P03", "23503"}
# Connection, resources, operator intervention, system errors.
_PG_MEDIUM = {"08", "53", "57", "58"}
_PG_DISK = frozenset({"53100", "58030"})
_PG_FORBIDDEN = "42501"
_SQLITE_MEDIUM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_BUSY_SECONDS = 10
# Where readers always overlap, SQLite itself never comes to begin its log anew.
WAL_BYTES = 64 * 1024 * 1024
_SHORTENING_MS = 1000
_PG_OPTIONS = (
    # A generic plan made on a young table is 14 times slower on a grown one.
    "-c plan_cache_mode=force_custom_plan -c idle_in_transaction_session_timeout=30s -c statement_timeout=60s "
    "-c lock_timeout=20s -c synchronous_commit=on -c TimeZone=UTC -c default_transaction_isolation=read\\ committed"
)

log = logging.getLogger("cairn.database")


class RowVanished(Exception):  # noqa: N818 — not an error of anybody: the transaction is repeated.
    """A row that was there in one statement is gone in the next: the whole transaction must be repeated."""


class Database:
    """Runs functions as transactions. Thread-safe."""

    def __init__(self, location: str) -> None:
        """`location`: `sqlite:///path` or `postgresql+psycopg://…`. Raises ValueError for others."""
        self.url = parsed(location)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, writer=True)
            self._reader = _sqlite_engine(self.url, writer=False)
        else:
            self._writer = _postgresql_engine(location)
            # Of their own: writers that wait for one busy bucket must not keep everybody from reading.
            self._reader = _postgresql_engine(location)
        # SQLite has one writer anyway; waiting here is fair and cheap, waiting in its busy handler is neither.
        self._turn = threading.Lock()
        self._log_bound = WAL_BYTES
        watch_connections(self._writer, self._reader)
        if is_traced():
            trace_statements(self._writer, self._reader)

    def close(self) -> None:
        """All connections. Whoever asks later opens them anew: a process that is about to be copied closes them, too."""
        self._writer.dispose()
        self._reader.dispose()

    def read(self, body: Callable[[Connection], T]) -> T:
        """One read-only transaction: on SQLite one snapshot, on PostgreSQL one a statement."""
        return self._tried(lambda: self._once(self._reader, body), repeat_unknown=True)

    def snapshot(self, body: Callable[[Connection], T]) -> T:
        """One read-only transaction that sees one moment in all its statements, however long it takes. It is not repeated."""
        reader = self._reader if self.is_sqlite else self._reader.execution_options(isolation_level="REPEATABLE READ")

        def unhurried(connection: Connection) -> T:
            if not self.is_sqlite:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                unhurry(connection)
            return body(connection)

        try:
            return self._once(reader, unhurried)
        except (PoolTimeout, DBAPIError, OutcomeUnknown) as error:
            raise _as_problem(error) from error

    def write(self, body: Callable[[Connection], T], *, repeat_unknown: bool = False) -> T:
        """One transaction, as a whole repeated after what may be repeated; `body` must not keep state between tries.

        A problem raised by `body` rolls back. `repeat_unknown`: it may also be repeated when COMMIT's answer was lost.
        """
        return self._tried(lambda: self._written(body), repeat_unknown=repeat_unknown)

    def _written(self, body: Callable[[Connection], T]) -> T:
        if not self.is_sqlite:
            return self._once(self._writer, body)
        with self._turn:
            result = self._once(self._writer, body)
            self._shorten_log()
            return result

    def _shorten_log(self) -> None:
        """Waits a moment for the reads that run, never for those that come: nothing is written meanwhile. What was committed stays so.

        While a read lasts longer, as a backup's, it is tried again only when the log has grown as much once more.
        """
        try:
            size = Path(f"{self.url.database}-wal").stat().st_size
            if size < self._log_bound:
                return
            with closing(self._writer.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout = {_SHORTENING_MS}")
                try:
                    is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    cursor.execute(f"PRAGMA busy_timeout = {_SQLITE_BUSY_SECONDS * 1000}")
                    cursor.close()
            self._log_bound = size + WAL_BYTES if is_busy else WAL_BYTES
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:  # It is committed: nothing may repeat it now.
            log.warning("SQLite's log was not shortened: %s", error)

    def write_long(self, body: Callable[[Connection], T]) -> T:
        """As `write`, of a transaction of any length, for a database that nobody else works on; `body` may run several times."""

        def unhurried(connection: Connection) -> T:
            unhurry(connection)
            return body(connection)

        return self.write(unhurried)

    @staticmethod
    def _once(engine: Engine, body: Callable[[Connection], T]) -> T:
        with connected(engine) as connection:
            transaction = connection.begin()
            try:
                result = body(connection)
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise OutcomeUnknown from error
                raise
            return result

    def _tried(self, once: Callable[[], T], *, repeat_unknown: bool) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                return once()
            except (OutcomeUnknown, RowVanished, PoolTimeout, DBAPIError) as error:
                if attempt == TRIES or not _may_repeat(error, repeat_unknown):
                    FAILED.labels(_reason(error)).inc()
                    raise _as_problem(error) from error
                reason = _reason(error)
                log.info("transaction repeated", extra={"attempt": attempt, "reason": reason})
            REPEATED.labels(reason).inc()
            time.sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 — jitter.
        raise AssertionError("unreachable")


def unhurry(connection: Connection) -> None:
    """Neither a statement's length nor the pauses between them end this transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def parsed(location: str) -> URL:
    """Raises ValueError, which shows no password, for anything but the two kinds of location."""
    try:
        url = make_url(location)
    except ArgumentError:
        raise ValueError("this is no location of a database; write sqlite:///path or postgresql+psycopg://…") from None
    if url.drivername not in {"sqlite", "postgresql+psycopg"} or (url.drivername == "sqlite" and not url.database):
        raise ValueError(f"{url.drivername}: is not known; write sqlite:///path or postgresql+psycopg://…")
    return url


def _reason(error: Exception) -> str:
    return "row-vanished" if isinstance(error, RowVanished) else reason_of(error)


def _may_repeat(error: Exception, repeat_unknown: bool) -> bool:
    if isinstance(error, OutcomeUnknown):
        return repeat_unknown
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _REPEATABLE
    return isinstance(error, RowVanished)


def _as_problem(error: Exception) -> Exception:
    """A medium that fails is a problem of the caller's moment; a broken statement is ours and stays what it is."""
    if isinstance(error, OutcomeUnknown):
        return error
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("Every connection to the database is busy.")
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    code = getattr(getattr(error, "orig", None), "sqlite_errorname", None) or ""
    if state in _PG_DISK or code.startswith(_SQLITE_MEDIUM):
        advice = (
            "make room, or mend the disk: docs/operations.md#a-disk-fills; nothing is lost, and it goes on by itself"
        )
        log.error("the database's disk is full, or fails", extra={"reason": state or code, "advice": advice})
        return DatabaseUnavailable("The disk of the database is full, or fails.")
    if state == _PG_FORBIDDEN:
        return DatabaseForbids("Only the database's owner changes its tables: run `cairn migrate` as that role.")
    lost = isinstance(error, RowVanished) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    if lost or state[:2] in _PG_MEDIUM or state in _REPEATABLE | {"25006"} or code.startswith(_SQLITE_BUSY):
        return DatabaseUnavailable()
    no_connection = isinstance(error, OperationalError) and not state and not code
    return DatabaseUnavailable() if no_connection else error


def _postgresql_engine(location: str) -> Engine:
    # Its driver takes 9 MB and a tenth of a second, which a server on SQLite need not spend.
    from foundation.postgresql import CONNECT_SECONDS, PlainListDumper, WatchedConnection

    engine = create_engine(
        location,
        pool_size=10,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"options": _PG_OPTIONS, "connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 15_000},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
        connection = WatchedConnection.connect(*arguments, **options)
        connection.adapters.register_dumper(list, PlainListDumper)
        return connection

    return engine


def _sqlite_engine(url: Any, *, writer: bool) -> Engine:
    sizes = {"pool_size": 1, "max_overflow": 0} if writer else {"pool_size": 8, "max_overflow": 24}
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_timeout=30,
        connect_args={
            "check_same_thread": False,
            "timeout": _SQLITE_BUSY_SECONDS,
            "isolation_level": None,
            "cached_statements": 512,
        },
        **sizes,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        _enter_wal(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-32768",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.create_function("unhex", 1, bytes.fromhex, deterministic=True)
        connection.create_function("now_us", 0, lambda: time.time_ns() // 1000)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _enter_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for a lock here by itself: another process may be making the same database."""
    ends = time.monotonic() + _SQLITE_BUSY_SECONDS
    while True:
        try:
            return connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.01)


@contextmanager
def opened(location: str) -> Iterator[Database]:
    database = Database(location)
    try:
        yield database
    finally:
        database.close()
