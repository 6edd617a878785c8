"""Statements that may cost anything, and end at a bound of time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class TookTooLong(Exception):  # noqa: N818 — what it means is for whoever asked to say.
    """It was cut off."""


@contextmanager
def cut_off(connection: Connection, seconds: float) -> Iterator[None]:
    """Reading within ends after `seconds`, on PostgreSQL of each statement, on SQLite of all; the transaction goes on behind it.

    Settings that were made within end with it. Raises TookTooLong.
    """
    bounded = _interrupted if connection.dialect.name == "sqlite" else _timed_out
    savepoint = connection.begin_nested()
    try:
        with bounded(connection, seconds):
            yield
    except DBAPIError as error:
        if _is_cut(error):
            raise TookTooLong from error
        raise
    finally:
        savepoint.rollback()


@contextmanager
def _timed_out(connection: Connection, seconds: float) -> Iterator[None]:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
    yield


@contextmanager
def _interrupted(connection: Connection, seconds: float) -> Iterator[None]:
    driver = connection.connection.driver_connection
    turn, is_over = threading.Lock(), False

    def interrupt() -> None:
        with turn:
            if not is_over and driver is not None:  # The connection may be somebody else's by now.
                driver.interrupt()

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with turn:
            is_over = True
        timer.cancel()


def _is_cut(error: DBAPIError) -> bool:
    state, name = getattr(error.orig, "sqlstate", None), getattr(error.orig, "sqlite_errorname", None)
    return state == "57014" or name == "SQLITE_INTERRUPT"
