"""The few expressions that the two databases spell differently: times, now, sets of keys as one parameter, rows in bulk."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Insert,
    Select,
    Table,
    TableValuedAlias,
    TypeDecorator,
    bindparam,
    column,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import LargeBinary, TypeEngine, Uuid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """timestamptz on PostgreSQL; on SQLite microseconds since 1970, because its text dates lose order, zone and speed."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value.astimezone(UTC) if value else None
        return EPOCH + timedelta(microseconds=value)


class database_now(FunctionElement[datetime]):  # noqa: N801 — reads as the SQL function that it is.
    """The database's clock, the one that counts; on PostgreSQL the transaction's start."""

    type = Instant()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _now_postgresql(_element: database_now, _compiler: Any, **_options: Any) -> str:
    return "now()"


@compiles(database_now, "sqlite")
def _now_sqlite(_element: database_now, _compiler: Any, **_options: Any) -> str:
    return "now_us()"


def now(connection: Connection) -> datetime:
    return connection.execute(select(database_now())).scalar_one()


def any_of(connection: Connection, key: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """`key` is one of `values`, passed as one parameter, so that the statement's text stays the same for any number."""
    values = list(values)
    if connection.dialect.name == "postgresql":
        return key == func.any(bindparam(None, values, type_=ARRAY(key.type), unique=True))
    if isinstance(key.type, LargeBinary):
        array = func.json_each(json.dumps([value.hex() for value in values])).table_valued("value")
        return key.in_(select(func.unhex(array.c.value)))
    if isinstance(key.type, Uuid):
        values = [value if isinstance(value, str) else value.hex for value in values]  # as the driver gives them
    array = func.json_each(json.dumps(values)).table_valued("value")
    return key.in_(select(array.c.value))


def listed(connection: Connection, key_type: TypeEngine[Any], values: Iterable[Any]) -> TableValuedAlias:
    """`values`, texts or numbers, as a table with the column `value`, passed as one parameter."""
    if connection.dialect.name == "postgresql":
        array = bindparam(None, list(values), type_=ARRAY(key_type), unique=True)
        return func.unnest(array).table_valued(column("value", key_type)).render_derived()
    return func.json_each(json.dumps(list(values))).table_valued(column("value", key_type))


def listed_rows(
    connection: Connection, columns: Mapping[str, TypeEngine[Any]], rows: Sequence[Sequence[Any]]
) -> FromClause:
    """`rows` of texts, numbers or bytes as a table of these columns, in as few parameters as there are columns."""
    if connection.dialect.name == "postgresql":
        arrays = [
            bindparam(None, [row[n] for row in rows], type_=ARRAY(kind), unique=True)
            for n, kind in enumerate(columns.values())
        ]
        return func.unnest(*arrays).table_valued(*(column(*item) for item in columns.items())).render_derived()
    plain = [[item.hex() if isinstance(item, bytes) else item for item in row] for row in rows]
    array = func.json_each(json.dumps(plain)).table_valued("value")
    items = []
    for n, (name, kind) in enumerate(columns.items()):
        item = func.json_extract(array.c.value, f"$[{n}]")
        items.append(type_coerce(func.unhex(item) if isinstance(kind, LargeBinary) else item, kind).label(name))
    return select(*items).subquery()


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    ignore_conflicts: bool = False,
    keeps_numbers: bool = False,
) -> None:
    """All `rows`, of equal keys, in one statement (PostgreSQL: arrays through unnest) or one prepared one (SQLite).

    `keeps_numbers`: rows bring what the database would number by itself.
    """
    if not rows:
        return
    names = tuple(rows[0])
    listed, same = _columns(connection, table, names, rows)
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    _insert(connection, table, listed, same, ending, keeps_numbers=keeps_numbers)


def insert_columns(
    connection: Connection, table: Table, listed: Mapping[str, Sequence[Any]], same: Mapping[str, Any]
) -> None:
    """As `insert_rows`, given by column: lists of what the driver takes as it is (UUIDs as digits), and values that all rows share."""
    processed = {name: _processed(connection, table, name, [value])[0] for name, value in same.items()}
    _insert(connection, table, listed, processed, "")


def _insert(
    connection: Connection,
    table: Table,
    listed: Mapping[str, Sequence[Any]],
    same: Mapping[str, Any],
    ending: str,
    *,
    keeps_numbers: bool = False,
) -> None:
    names = [*same, *listed]
    into = f"INSERT INTO {_quoted(connection, table.name)} ({', '.join(_quoted(connection, name) for name in names)})"
    if connection.dialect.name == "sqlite":
        text = f"{into} VALUES ({', '.join('?' * len(names))}){ending}"
        columns = [*(repeat(value) for value in same.values()), *listed.values()]
        number = len(next(iter(listed.values())))
        connection.exec_driver_sql(text, list(islice(zip(*columns, strict=False), number)))
        return
    source = _unnested(connection, table, listed)
    items = [f"CAST(%s AS {_cast(connection, table, name)})" for name in same]
    items += [f"t.{_quoted(connection, name)}" for name in listed]
    overriding = " OVERRIDING SYSTEM VALUE" if keeps_numbers else ""
    text = f"{into}{overriding} SELECT {', '.join(items)} FROM {source}{ending}"  # noqa: S608 — names of our own tables.
    connection.exec_driver_sql(text, (*same.values(), *map(list, listed.values())))


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the other columns of each row where `key` is its value; all rows have equal keys."""
    if not rows:
        return
    names = [name for name in rows[0] if name != key] + [key]
    columns = {name: _processed(connection, table, name, [row[name] for row in rows]) for name in names}
    update_columns(connection, table, key, columns)


def update_columns(
    connection: Connection,
    table: Table,
    key: str,
    listed: Mapping[str, Sequence[Any]],
    same: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """As `update_rows`, given by column, as `insert_columns`."""
    names = [name for name in listed if name != key]
    shared = [_processed(connection, table, name, [value])[0] for name, value in same.items()]
    update = f"UPDATE {_quoted(connection, table.name)} AS u SET"
    if connection.dialect.name == "sqlite":
        settings = ", ".join(f"{_quoted(connection, name)} = ?" for name in (*same, *names))
        text = f"{update} {settings} WHERE {_quoted(connection, key)} = ?"
        columns = [*map(repeat, shared), *(listed[name] for name in names), listed[key]]
        connection.exec_driver_sql(text, list(islice(zip(*columns, strict=False), len(listed[key]))))
        return
    items = [f"{_quoted(connection, name)} = CAST(%s AS {_cast(connection, table, name)})" for name in same]
    items += [f"{_quoted(connection, name)} = t.{_quoted(connection, name)}" for name in names]
    where = f"u.{_quoted(connection, key)} = t.{_quoted(connection, key)}"
    text = f"{update} {', '.join(items)} FROM {_unnested(connection, table, listed)} WHERE {where}"
    connection.exec_driver_sql(text, (*shared, *map(list, listed.values())))


def _columns(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The rows by column, as the driver takes them: values that differ, and those that all rows share."""
    listed, same = {}, {}
    for name in names:
        values = [row[name] for row in rows]
        first = values[0]
        # The first column is always listed: it tells how many rows there are.
        if name != names[0] and all(value is first for value in values):
            same[name] = _processed(connection, table, name, [first])[0]
        else:
            listed[name] = _processed(connection, table, name, values)
    return listed, same


def _processed(connection: Connection, table: Table, name: str, values: list[Any]) -> list[Any]:
    """SQLAlchemy's own way with many rows costs more than SQLite's work (1,000 commits: 60 of 130 ms)."""
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return values
    process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return values if process is None else [process(value) for value in values]


def _unnested(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> str:
    arrays = ", ".join(f"CAST(%s AS {_cast(connection, table, name)}[])" for name in columns)
    return f"unnest({arrays}) AS t({', '.join(_quoted(connection, name) for name in columns)})"


def _cast(connection: Connection, table: Table, name: str) -> str:
    return table.c[name].type.compile(connection.dialect).partition(" COLLATE")[0]


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def insert_missing(connection: Connection, table: Table, names: Sequence[str], source: Select[Any]) -> Insert:
    """INSERT … SELECT that leaves rows alone that are there already."""
    build = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return build(table).from_select(list(names), source, include_defaults=False).on_conflict_do_nothing()


def insert_adding(connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Few rows in one statement; where a row of these `keys` is there, the other columns, numbers, are added to its."""
    if not rows:
        return
    build = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = build(table).values(list(rows))
    sums = {name: table.c[name] + statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=sums))
