"""Migrations: what they make is what the code expects, and nothing else is served."""

import threading
import warnings

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from foundation.database import opened
from metadata import NotMigrated, migrate, open_catalogue
from metadata.migrated import VERSION_TABLE
from metadata.schema import metadata


def is_shared(_object: object, name: str | None, _kind: str, _reflected: bool, _compared: object) -> bool:
    """Search's index is made as each database has it, by its migration."""
    return name != "ix_files_search_text" and not (name or "").startswith("search_")


def differences(connection: Connection) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "include_object": is_shared}
    with warnings.catch_warnings():
        # SQLite cannot reflect indexes on expressions or a table's options; alembic says so.
        warnings.simplefilter("ignore")
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_migrated_schema_is_the_codes(location: str) -> None:
    with opened(location) as database:
        assert database.read(differences) == []


def test_a_database_without_a_schema_is_refused_with_the_command_to_run(empty_location: str) -> None:
    with pytest.raises(NotMigrated, match="cairn migrate"):
        open_catalogue(empty_location)
    migrate(empty_location)
    migrate(empty_location)
    open_catalogue(empty_location).close()


def test_a_database_newer_than_the_code_is_refused(location: str) -> None:
    with opened(location) as database:
        database.write(lambda connection: connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
    for attempt in (open_catalogue, migrate):
        with pytest.raises(NotMigrated, match="newer"):
            attempt(location)


def test_two_migrations_at_once_are_one(empty_location: str) -> None:
    start, failures = threading.Barrier(2), []

    def run() -> None:
        start.wait()
        try:
            migrate(empty_location)
        except Exception as error:  # noqa: BLE001 — the test's own thread tells what happened.
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    open_catalogue(empty_location).close()


def test_a_migration_that_fails_leaves_nothing(empty_location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(empty_location) as database:
        # The last table of the migration is there already, so that it fails at its end.
        database.write(lambda connection: connection.execute(text("CREATE TABLE upload_contents (other integer)")))
    with pytest.raises(Exception, match="upload_contents"):
        migrate(empty_location)
    with opened(empty_location) as database:
        found = database.read(
            lambda connection: MigrationContext.configure(connection).dialect.get_table_names(connection)
        )
        assert found == ["upload_contents"]
