"""Migrations: what they make is what the code expects, and nothing else is served."""

import sqlite3
import threading
import warnings
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from foundation.database import opened
from metadata import NewBucket, NotMigrated, SearchQuery, migrate, migrated, open_catalogue
from metadata.bucket_rows import insert_bucket
from metadata.migrated import VERSION_TABLE
from metadata.root_journal import ensure_account
from metadata.schema import files
from metadata.schemas import metadata
from tests.metadata.readers import made_house, somebody
from tests.servers.postgresql_server import Databases, connect


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


def upgrade_to(location: str, revision: str) -> None:
    def body(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrated.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    with opened(location) as database:
        database.write(body)


def _old_bucket(connection: Connection, owner: UUID | None) -> UUID:
    """As rows, which have no columns that came later."""
    assert owner is not None
    ensure_account(connection, owner, None)
    return insert_bucket(connection, owner, "old", NewBucket(name="old"))


def test_files_from_before_search_are_found_after_it(empty_location: str) -> None:
    upgrade_to(empty_location, "0002")
    me = somebody()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with opened(empty_location) as database:
        house = made_house(database)
        bucket = database.write(lambda connection: _old_bucket(connection, me.user))
        house.plant(bucket, ["Straße/Plan", "gone plan"], deleted=["gone plan"])
        numbers = [f"{number:05}.jpg" for number in range(6_000)]
        house.plant(bucket, numbers)
        blank = files.update().values(search_text="as it was before", created_at=moment)
        database.write(lambda connection: connection.execute(blank))
    migrate(empty_location)
    catalogue = open_catalogue(empty_location)
    try:
        for query in (SearchQuery("strasse"), SearchQuery("plan", tags=["colour=red"]), SearchQuery("pl")):
            assert [file.path for file in catalogue.search.find(me, query).items] == ["Straße/Plan"]
        assert [file.path for file in catalogue.search.find(me, SearchQuery("05999")).items] == ["05999.jpg"]
        assert catalogue.search.find(me, SearchQuery("before")).items == []
    finally:
        catalogue.close()


def test_a_role_that_may_not_install_pg_trgm_is_told_what_its_administrator_runs(postgresql: Databases) -> None:
    url = postgresql.fresh_database()
    role = f"role_{url[-8:]}"
    with connect(postgresql.port) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")  # type: ignore[call-overload]
    with opened(url) as database:
        database.write(lambda connection: connection.execute(text(f"GRANT CREATE ON SCHEMA public TO {role}")))
    theirs = url.replace("postgres@", f"{role}@")
    with pytest.raises(NotMigrated, match="CREATE EXTENSION pg_trgm;"):
        migrate(theirs)
    with opened(url) as database:
        database.write(lambda connection: connection.execute(text("CREATE EXTENSION pg_trgm")))
    migrate(theirs)
    open_catalogue(theirs).close()
    postgresql.drop_database(url)


def test_an_sqlite_without_trigrams_is_refused_with_what_to_do(tmp_path: Path) -> None:
    migration = import_module("metadata.migrations.versions.0003_search")

    def denied(action: int, _first: str | None, second: str | None, *_rest: str | None) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_CREATE_VTABLE and second == "fts5" else sqlite3.SQLITE_OK

    with opened(f"sqlite:///{tmp_path / 'catalogue.db'}") as database:

        def body(connection: Connection) -> None:
            connection.connection.dbapi_connection.set_authorizer(denied)  # type: ignore[union-attr]
            migration.check_sqlite(connection)

        with pytest.raises(NotMigrated, match=r"3\.34"):
            database.write(body)
