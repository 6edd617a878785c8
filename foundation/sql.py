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
    Table,
    TypeDecorator,
    bindparam,
    column,
    func,
    select,
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
    arrays = [
        bindparam(f"a{n}", [row[name] for row in rows], type_=ARRAY(table.c[name].type)) for n, name in enumerate(names)
    ]
    columns = (column(name, table.c[name].type) for name in names)
    source = func.unnest(*arrays).table_valued(*columns).render_derived()
    insert = postgresql_insert(table).from_select(
        names, select(*(source.c[name] for name in names)), include_defaults=False
    )
    connection.execute(insert.on_conflict_do_nothing() if ignore_conflicts else insert)
