"""Rows as they travel from one database into another: the same text from SQLite and from PostgreSQL (docs/format.md)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, Connection, Identity, LargeBinary, MetaData, Table, Uuid, func, select, text

from foundation.sql import EPOCH, Instant, insert_rows

PAGE_BYTES = 4 * 1024 * 1024
_FETCHED = 500
_INSERTED = 2000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows of one table, each a JSON array on a line of its own: UUIDs as text, bytes as hex digits, times as microseconds since 1970."""

    table: str
    columns: tuple[str, ...]
    rows: int
    data: bytes

    def values(self) -> Iterator[Mapping[str, Any]]:
        """The rows by column, as JSON has them."""
        for line in self.data.splitlines():
            yield dict(zip(self.columns, orjson.loads(line), strict=True))


class PortableTables:
    """All tables of one room, but for those left out."""

    def __init__(self, metadata: MetaData, left_out: Collection[str] = ()) -> None:
        self.tables: Mapping[str, Table] = {
            str(table.name): table for table in metadata.sorted_tables if table.name not in left_out
        }

    def pages(self, connection: Connection) -> Iterator[RowPage]:
        """Every row, by table and key, a table before those that refer to it, in pages of about PAGE_BYTES. Memory holds one page."""
        for table in self.tables.values():
            yield from _pages(connection, table)

    def counters(self, connection: Connection) -> dict[str, int]:
        """The newest number that each table's rows were given by the database, also where the row is gone."""
        return {name: _counter(connection, table) for name, table in self.tables.items() if _numbered(table)}

    def is_empty(self, connection: Connection) -> bool:
        return not any(
            connection.execute(select(text("1")).select_from(table).limit(1)).first() for table in self.tables.values()
        )

    def load(self, connection: Connection, page: RowPage) -> None:
        """Insert the rows of a page. Raises KeyError for a table or a column that this version does not have."""
        table = self.tables[page.table]
        readers = [_reader(table.c[name]) for name in page.columns]
        rows: list[dict[str, Any]] = []
        for line in page.data.splitlines():
            values = zip(page.columns, readers, orjson.loads(line), strict=True)
            rows.append({name: None if value is None else read(value) for name, read, value in values})
            if len(rows) == _INSERTED:
                insert_rows(connection, table, rows, keeps_numbers=True)
                rows = []
        insert_rows(connection, table, rows, keeps_numbers=True)

    def finish(self, connection: Connection, counters: Mapping[str, int]) -> None:
        """After the last `load`: numbers go on above `counters`, and the database knows what it holds."""
        for name, number in counters.items():
            if number > 0:
                _raise_counter(connection, self.tables[name], number)
        if connection.dialect.name == "postgresql":
            # Until its own time comes to look, it would plan as for empty tables.
            for table in self.tables.values():
                quoted = connection.dialect.identifier_preparer.format_table(table)
                connection.exec_driver_sql(f"ANALYZE {quoted}")


def _pages(connection: Connection, table: Table) -> Iterator[RowPage]:
    # SQLAlchemy's names are a kind of text of its own.
    name, columns = str(table.name), tuple(str(column.name) for column in table.columns)
    writers = [_writer(column) for column in table.columns]
    lines: list[bytes] = []
    size = 0
    # PostgreSQL would otherwise send the whole table at once.
    streamed = {"stream_results": True, "yield_per": _FETCHED}
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options=streamed):
        line = orjson.dumps(
            [None if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        )
        lines.append(line)
        size += len(line) + 1
        if size >= PAGE_BYTES:
            yield RowPage(name, columns, len(lines), b"\n".join(lines))
            lines, size = [], 0
    if lines:
        yield RowPage(name, columns, len(lines), b"\n".join(lines))


def _same(value: Any) -> Any:
    return value


def _writer(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, Uuid):
        return str
    if isinstance(column.type, LargeBinary):
        return bytes.hex
    return _microseconds if isinstance(column.type, Instant) else _same


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, Uuid):
        return UUID
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex
    return _moment if isinstance(column.type, Instant) else _same


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _numbered(table: Table) -> Sequence[Column[Any]]:
    return [column for column in table.columns if isinstance(column.server_default, Identity)]


def _sequence(connection: Connection, table: Table) -> str:
    (column,) = _numbered(table)
    return str(connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one())


def _counter(connection: Connection, table: Table) -> int:
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table)
        counted = text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 — the database's own quoting.
        return int(connection.execute(counted).scalar_one())
    counted = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :name")
    return int(connection.execute(counted, {"name": table.name}).scalar_one())


def _raise_counter(connection: Connection, table: Table, number: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(_sequence(connection, table), number)))
        return
    # SQLite has counted the rows that were inserted with their numbers.
    counted = {"name": table.name, "number": number}
    if connection.execute(text("UPDATE sqlite_sequence SET seq = :number WHERE name = :name"), counted).rowcount == 0:
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), counted)
