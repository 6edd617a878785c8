"""Data of the release before, as its own code wrote them (tools/released_data.py), put onto either database."""

import base64
import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from foundation.database import opened
from foundation.sql import EPOCH
from tests.project.sources import PROJECT

FILE = Path(__file__).with_name("release.jsonl")
# Columns that hold microseconds since 1970.
_INSTANTS = ("_at", "_until", "_after")
VERSION_TABLES = {"metadata": "catalogue_version", "identity": "identity_version"}


@dataclass(frozen=True, slots=True)
class Rows:
    table: str
    columns: Sequence[str]
    rows: list[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Release:
    """`revisions`: by room. `buckets`: what it said is there. `rows`: as SQLite has them. `files`: of the data folder, by their path."""

    revisions: Mapping[str, str]
    buckets: Mapping[str, Any]
    rows: Sequence[Rows]
    files: Mapping[str, bytes]


@cache
def release() -> Release:
    buckets: Mapping[str, Any] = {}
    tables: dict[str, Rows] = {}
    files: dict[str, bytes] = {}
    current = ""
    for line in map(json.loads, FILE.read_text().splitlines()):
        if "buckets" in line:
            buckets = line["buckets"]
        elif "table" in line:
            current = line["table"]
            tables[current] = Rows(current, line["columns"], [])
        elif "row" in line:
            tables[current].rows.append([_value(value) for value in line["row"]])
        else:
            files[line["file"]] = zlib.decompress(base64.b64decode(line["packed"]))
    made = max(row[tables["changes"].columns.index("at")] for row in tables["changes"].rows)
    later = (datetime.now(UTC) - EPOCH) // timedelta(microseconds=1) - made
    for one in tables.values():
        one.rows[:] = [_made_now(one.columns, row, later) for row in one.rows]
    revisions = {room: str(tables.pop(name).rows[0][0]) for room, name in VERSION_TABLES.items()}
    return Release(revisions, buckets, list(tables.values()), files)


def bring_to(location: str, revisions: Mapping[str, str]) -> None:
    """The tables of each room as they were at its revision; "head": as they are."""
    with opened(location) as database:
        for room, revision in revisions.items():

            def body(connection: Connection, room: str = room, revision: str = revision) -> None:
                config = Config()
                config.set_main_option("script_location", str(PROJECT / room / "migrations"))
                script = ScriptDirectory.from_config(config)
                steps = lambda now, _: script._upgrade_revs(revision, now)  # noqa: E731, SLF001 — as alembic.command.upgrade does.
                with EnvironmentContext(config, script, fn=steps) as environment:
                    environment.configure(
                        connection=connection, version_table=VERSION_TABLES[room], transactional_ddl=True
                    )
                    environment.run_migrations()

            database.write(body)


def put_rows(found: Release, location: str) -> None:
    """Every row, by the columns that the release knows: what it writes, whatever the tables have besides."""
    if location.startswith("sqlite:"):
        _put_into_sqlite(found, location.removeprefix("sqlite:///"))
    else:
        _put_into_postgresql(found, make_url(location).set(drivername="postgresql").render_as_string(False))


def put_files(found: Release, data: Path) -> None:
    data.mkdir(mode=0o700, parents=True)
    for name, content in found.files.items():
        file = data / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(content)


def _put_into_sqlite(found: Release, file: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for one in found.rows:
            connection.execute(f'DELETE FROM "{one.table}"')
            connection.executemany(_insert(one, "?"), one.rows)
    connection.close()
    Path(file).chmod(0o600)


def _put_into_postgresql(found: Release, location: str) -> None:
    with psycopg.connect(location) as connection:
        # Rows come table by table, and some name others that are not there yet.
        connection.execute("SET session_replication_role = replica")
        for one in found.rows:
            connection.execute(cast(LiteralString, f'DELETE FROM "{one.table}"'))
            kinds = dict(
                connection.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [one.table]
                ).fetchall()
            )
            made = [_POSTGRESQL.get(kinds[column], _as_it_is) for column in one.columns]
            rows = [
                [None if value is None else make(value) for make, value in zip(made, row, strict=True)]
                for row in one.rows
            ]
            with connection.cursor() as cursor:
                cursor.executemany(cast(LiteralString, _insert(one, "%s")), rows)
            _count_on(connection, one)


def _count_on(connection: "psycopg.Connection[Any]", one: Rows) -> None:
    """What the database numbers by itself goes on after the rows' own numbers."""
    for at, column in enumerate(one.columns):
        found = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{one.table}"', column]).fetchone()
        if found and found[0] and one.rows:
            connection.execute("SELECT setval(%s, %s)", [found[0], max(row[at] for row in one.rows)])


def _insert(one: Rows, mark: str) -> str:
    columns = ", ".join(f'"{column}"' for column in one.columns)
    numbers = " OVERRIDING SYSTEM VALUE" if mark == "%s" else ""
    return f'INSERT INTO "{one.table}" ({columns}){numbers} VALUES ({", ".join([mark] * len(one.columns))})'


def _made_now(columns: Sequence[str], row: Sequence[Any], later: int) -> Sequence[Any]:
    """As if it had been written just now: what is kept for days is purged in its time."""
    return [
        value + later if isinstance(value, int) and (column == "at" or column.endswith(_INSTANTS)) else value
        for column, value in zip(columns, row, strict=True)
    ]


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _as_it_is(value: Any) -> Any:
    return value


_POSTGRESQL: Mapping[str, Callable[[Any], Any]] = {
    "uuid": UUID,
    "boolean": bool,
    "timestamp with time zone": lambda microseconds: EPOCH + timedelta(microseconds=microseconds),
}
