"""The tables of identity, made and brought up to date: Alembic with a version table of its own, in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, text

from foundation.database import Database
from foundation.migrations import current_revision, known_revisions
from identity.errors import SchemaTooNew, SchemaTooOld

VERSION_TABLE = "identity_version"
_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6361_6972_6E01  # any number that only this uses


def migrate(database: Database) -> None:
    """Bring the tables to this version; nothing to do is fine. All or nothing, and one at a time, also across processes.

    Raises SchemaTooNew, and changes nothing, where a newer Cairn was here.
    """
    database.write(_upgraded)


def check_migrated(database: Database) -> None:
    """Raises SchemaTooOld, SchemaTooNew unless the tables are exactly this version's, DatabaseUnavailable."""
    if not database.read(_is_current):
        raise SchemaTooOld("The users' tables are not this version's. Run `cairn migrate`.")


def _is_current(connection: Connection) -> bool:
    """Raises SchemaTooNew."""
    current, known = current_revision(connection, VERSION_TABLE), known_revisions(_MIGRATIONS)
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"The users' tables are at {current}, which this version does not know. Install the newer one."
        )
    return current == known[-1]


def _upgraded(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if _is_current(connection):
        return
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    # No env.py: it exists for Alembic's own command line, which would choose the database by itself.
    with EnvironmentContext(config, script, fn=lambda now, _: script._upgrade_revs("head", now)) as environment:  # noqa: SLF001 — what alembic.command.upgrade does.
        environment.configure(connection=connection, version_table=VERSION_TABLE, transactional_ddl=True)
        environment.run_migrations()
