"""The few expressions that the two databases spell differently: times, now, sets of keys as one parameter, rows in bulk."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
    update,
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
        values = [value.hex for value in values]
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
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, ignore_conflicts: bool = False
) -> None:
    """All `rows`, of equal keys, in one statement (PostgreSQL: arrays through unnest) or one prepared one (SQLite)."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        statement = sqlite_insert(table)
        connection.execute(statement.on_conflict_do_nothing() if ignore_conflicts else statement, list(rows))
        return
    names = list(rows[0])
    source = _unnested(table, names, rows)
    insert = postgresql_insert(table).from_select(
        names, select(*(source.c[name] for name in names)), include_defaults=False
    )
    connection.execute(insert.on_conflict_do_nothing() if ignore_conflicts else insert)


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the other columns of each row where `key` is its value; all rows have equal keys."""
    if not rows:
        return
    names = list(rows[0])
    if connection.dialect.name == "sqlite":
        values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names if name != key}
        statement = update(table).where(table.c[key] == bindparam(f"new_{key}", type_=table.c[key].type)).values(values)
        connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])
        return
    source = _unnested(table, names, rows)
    others = {name: source.c[name] for name in names if name != key}
    connection.execute(update(table).where(table.c[key] == source.c[key]).values(others))


def _unnested(table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> TableValuedAlias:
    arrays = [
        bindparam(f"a{n}", [row[name] for row in rows], type_=ARRAY(table.c[name].type)) for n, name in enumerate(names)
    ]
    columns = (column(name, table.c[name].type) for name in names)
    return func.unnest(*arrays).table_valued(*columns).render_derived()


def insert_missing(connection: Connection, table: Table, names: Sequence[str], source: Select[Any]) -> Insert:
    """INSERT … SELECT that leaves rows alone that are there already."""
    build = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return build(table).from_select(list(names), source, include_defaults=False).on_conflict_do_nothing()
