"""The tables: made once, whoever comes first, and as the code believes them to be."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from foundation.database import Database, opened
from identity import check_migrated, migrate
from identity.errors import SchemaTooNew, SchemaTooOld
from identity.migration import VERSION_TABLE
from identity.schema import metadata


def differences(connection: Connection) -> list[object]:
    ours = {
        "version_table": VERSION_TABLE,
        "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=ours), metadata))


def tables(database: Database) -> set[str]:
    return database.read(lambda connection: set(inspect(connection).get_table_names()))


def test_migrating_gives_the_tables_that_the_code_works_with(empty_location: str) -> None:
    migrate(empty_location)
    with opened(empty_location) as database:
        assert tables(database) == {*metadata.tables, VERSION_TABLE}
        assert database.read(differences) == []


def test_migrating_again_changes_nothing(empty_location: str) -> None:
    migrate(empty_location)
    migrate(empty_location)


def test_two_migrations_at_once_are_one(empty_location: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_location] * 4))
    with opened(empty_location) as database:
        rows = database.read(lambda connection: connection.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all())
    assert len(rows) == 1


def test_a_migration_that_fails_in_the_middle_leaves_nothing_behind(empty_location: str) -> None:
    with opened(empty_location) as database:
        # The last of the tables exists already: all those before it are made first, and must go again.
        database.write(lambda connection: connection.execute(text("CREATE TABLE signing_keys (kid TEXT)")))
        with pytest.raises(Exception, match="signing_keys"):
            migrate(database)
        assert tables(database) == {"signing_keys"}


def test_a_database_of_a_newer_version_is_refused_and_left_alone(location: str) -> None:
    with opened(location) as database:
        database.write(lambda connection: connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
        with pytest.raises(SchemaTooNew, match="9999"):
            migrate(database)


def test_tables_that_are_not_there_or_not_this_versions_are_refused_with_the_command_to_run(
    empty_location: str,
) -> None:
    with opened(empty_location) as database:
        with pytest.raises(SchemaTooOld, match="cairn migrate"):
            check_migrated(database)
        migrate(database)
        check_migrated(database)
        database.write(lambda connection: connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
        with pytest.raises(SchemaTooNew, match="9999"):
            check_migrated(database)
