"""Migrations expand: what the release before reads and writes is as it was, so that it may run beside this version."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from foundation.database import opened
from foundation.migrations import known_revisions
from tests.project.sources import PROJECT
from tests.servers.postgresql_server import Databases
from tests.upgrades.released import VERSION_TABLES, bring_to, release
from tests.upgrades.schemas import Column, Schema, Table, broken_by

HEAD = {"metadata": "head", "identity": "head"}


def schema_of(connection: Connection) -> Schema:
    inspector = inspect(connection)
    # Search's index is each database's own.
    names = [name for name in inspector.get_table_names() if not name.startswith("search_")]
    return {
        name: Table(
            {
                found["name"]: Column(str(found["type"]), bool(found["nullable"]), found["default"] is not None)
                for found in inspector.get_columns(name)
            },
            frozenset(
                str(sorted((key, value) for key, value in rule.items() if key != "dialect_options"))
                for rules in (
                    inspector.get_unique_constraints(name),
                    inspector.get_check_constraints(name),
                    inspector.get_foreign_keys(name),
                    [index for index in inspector.get_indexes(name) if index["unique"]],
                )
                for rule in rules
            ),
        )
        for name in names
        if name not in VERSION_TABLES.values()
    }


def contracts() -> Iterator[str]:
    """What migrations after the release say that they take away: `contracts = ("files.colour", …)`."""
    for room, revision in release().revisions.items():
        folder = PROJECT / room / "migrations"
        after = known_revisions(folder)[known_revisions(folder).index(revision) + 1 :]
        for file in sorted((folder / "versions").glob("[0-9]*.py")):
            if file.stem.partition("_")[0] in after:
                yield from getattr(import_module(f"{room}.migrations.versions.{file.stem}"), "contracts", ())


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cairn.db'}"
    databases: Databases = request.getfixturevalue("postgresql")
    return databases.fresh_database()


def test_migrations_since_the_release_take_nothing_from_it(fresh: str) -> None:
    bring_to(fresh, release().revisions)
    with opened(fresh) as database:
        before = database.read(schema_of)
    bring_to(fresh, HEAD)
    with opened(fresh) as database:
        after = database.read(schema_of)
    assert broken_by(before, after, frozenset(contracts())) == []


BEFORE = {"files": Table({"path": Column("TEXT", False, False), "size": Column("BIGINT", True, False)}, frozenset())}


@pytest.mark.parametrize(
    ("columns", "rules", "broken"),
    [
        ({"path": Column("TEXT", False, False)}, set(), "files.size is gone"),
        ({"name": Column("TEXT", False, True), "size": Column("BIGINT", True, False)}, set(), "files.path is gone"),
        ({"size": Column("TEXT", True, False)}, set(), "files.size has another type"),
        ({"size": Column("BIGINT", False, False)}, set(), "files.size must be given"),
        ({"new": Column("TEXT", False, False)}, set(), "files.new must be given"),
        ({}, {"CHECK (size > 0)"}, "files has a rule more: CHECK (size > 0)"),
    ],
)
def test_what_would_break_the_release_is_found(columns: Mapping[str, Column], rules: set[str], broken: str) -> None:
    kept = {} if "gone" in broken else dict(BEFORE["files"].columns)
    after = {"files": Table(kept | columns, frozenset(rules))}
    assert broken in broken_by(BEFORE, after, frozenset())
    assert broken_by(BEFORE, after, frozenset({"files.size", "files.path", "files"})) == [
        found for found in broken_by(BEFORE, after, frozenset()) if "gone" not in found
    ]


def test_a_table_is_gone_only_where_it_is_said() -> None:
    assert broken_by(BEFORE, {}, frozenset()) == ["files is gone"]
    assert broken_by(BEFORE, {}, frozenset({"files"})) == []


def test_new_tables_and_columns_that_may_be_left_out_break_nothing() -> None:
    more = {"new": Column("TEXT", True, False), "counted": Column("BIGINT", False, True)}
    after = {"files": Table({**BEFORE["files"].columns, **more}, frozenset()), "others": Table({}, frozenset({"a"}))}
    assert broken_by(BEFORE, after, frozenset()) == []
