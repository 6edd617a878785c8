"""Whether the database's schema is this code's, and making it so: all of it in one transaction, on SQLite too."""

from pathlib import Path

from sqlalchemy import Connection

from foundation.database import Database, opened
from foundation.migrations import current_revision, known_revisions
from metadata.errors import NotMigrated

# Of its own: other rooms may keep their tables in the same database.
VERSION_TABLE = "catalogue_version"
_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6361_6972_6E01  # Any number, the same in every version.


def migrate(location: str) -> None:
    """Bring the schema up to this code's; harmless if it is there. A second one waits for the first.

    Raises NotMigrated if the database is newer than this code, DatabaseUnavailable.
    """
    with opened(location) as database:
        database.write(_upgrade, repeat_unknown=True)


def check_migrated(database: Database) -> None:
    """Raises NotMigrated unless the schema is exactly this code's, DatabaseUnavailable."""
    found = database.read(_revision)
    if found == known_revisions(_MIGRATIONS)[-1]:
        return
    _refuse_newer(found)
    state = "holds no catalogue yet" if found is None else f"is of revision {found}"
    raise NotMigrated(f"The database {state}; this version of Cairn needs another. Run `cairn migrate`.")


def _revision(connection: Connection) -> str | None:
    return current_revision(connection, VERSION_TABLE)


def _upgrade(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE keeps a second one waiting; here a lock that ends with the transaction does.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    found = _revision(connection)
    _refuse_newer(found)
    if found == known_revisions(_MIGRATIONS)[-1]:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in known_revisions(_MIGRATIONS):
        raise NotMigrated(
            f"The database is of revision {revision}, which this version of Cairn does not know: it was migrated by a"
            " newer one. Run that version, or restore the backup from before; `cairn migrate` does not go back."
        )
