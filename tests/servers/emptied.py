"""Databases of PostgreSQL that are emptied after a test, which is ten times quicker than to make and to drop one for each.

Whatever a test left that is not rows (tables, indexes, statistics, settings, a connection) is not mended: its database is dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.servers.postgresql_server import Databases

_Rows = dict[str, bytes]

# What a copy has in common with its template, and what ANALYZE or a setting adds.
_SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', 'relation', oid, relname, relkind, relpersistence, reloptions) FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, atthasdef, attisdropped)
        FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
    UNION ALL SELECT concat_ws(' ', 'index', indexrelid, indisvalid) FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgenabled) FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'function', oid, proname, md5(prosrc)) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'statistics', starelid, staattnum) FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'setting', setconfig) FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS lines (line)
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
# Deleted rows leave their places in indexes, and how large these are decides which way a statement goes.
_MOST_GROWN_BYTES = 2 * 1024 * 1024
_SIZE = "SELECT pg_database_size(current_database())"
# A connection that was closed a moment ago has a process that is ending.
_LAST_LOOKS = 20
_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384 AND pg_relation_size(oid) > 0 ORDER BY relname"
)
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"


class EmptiedDatabases:
    """Copies of one database, `template`, one for whoever asks at a time. The template stays as it is."""

    def __init__(self, databases: Databases, template: str) -> None:
        self._databases, self._template = databases, template
        self._free: list[str] = []
        with _connected(template) as connection:
            self._shape, self._rows = _shape(connection), _rows(connection)
            self._most_bytes = _values(connection, _SIZE)[0] + _MOST_GROWN_BYTES

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a database as the template is, of the caller alone until the end."""
        url = self._free.pop() if self._free else self._databases.fresh_database(self._template)
        yield url
        if self._is_emptied(url):
            self._free.append(url)
        else:
            self._databases.drop_database(url)

    def _is_emptied(self, url: str) -> bool:
        with _connected(url) as connection:
            if not _is_alone(connection) or _shape(connection) != self._shape:
                return False
            _put_back(connection, self._rows)
            return bool(_values(connection, _SIZE)[0] <= self._most_bytes)


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), connect_timeout=10, autocommit=True)


def _shape(connection: psycopg.Connection) -> str:
    return str(_values(connection, _SHAPE)[0])


def _is_alone(connection: psycopg.Connection) -> bool:
    for _ in range(_LAST_LOOKS):
        if _values(connection, _OTHERS) == [0]:
            return True
        connection.execute("SELECT pg_sleep(0.005)")
    return False


def _rows(connection: psycopg.Connection) -> _Rows:
    """Of every table that has some, as COPY writes them."""
    found = {table: _copied(connection, table) for table in _values(connection, _TABLES)}
    return {table: rows for table, rows in found.items() if rows}


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _copy_in(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy,
    ):
        copy.write(rows)


def _put_back(connection: psycopg.Connection, rows: _Rows) -> None:
    """No trigger and no foreign key has a say."""
    written = {*_values(connection, _TABLES), *rows}
    changed = [table for table in written if _copied(connection, table) != rows.get(table, b"")]
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in changed:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            if table in rows:
                _copy_in(connection, table, rows[table])
        for sequence in _values(connection, _SEQUENCES):
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))
    # Its pages go too: what is scanned is as long for the next test as it was for this one.
    if changed:
        connection.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(map(sql.Identifier, changed))))


def _values(connection: psycopg.Connection, query: LiteralString) -> list[Any]:
    return [row[0] for row in connection.execute(query)]
