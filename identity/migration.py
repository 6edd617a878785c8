"""The tables of identity, made and brought up to date: Alembic with a version table of its own, in one transaction."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from foundation.database import Database
from identity.errors import SchemaTooNew

VERSION_TABLE = "identity_version"
_LOCK = 0x6361_6972_6E01  # any number that only this uses


def migrate(database: Database) -> None:
    """Bring the tables to this version; nothing to do is fine. All or nothing, and one at a time, also across processes.

    Raises SchemaTooNew, and changes nothing, where a newer Cairn was here.
    """
    database.write(_upgraded)


def _upgraded(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    _refuse_unknown(connection, script)
    # No env.py: it exists for Alembic's own command line, which would choose the database by itself.
    with EnvironmentContext(config, script, fn=lambda now, _: script._upgrade_revs("head", now)) as environment:  # noqa: SLF001 — what alembic.command.upgrade does.
        environment.configure(connection=connection, version_table=VERSION_TABLE, transactional_ddl=True)
        environment.run_migrations()


def _refuse_unknown(connection: Connection, script: ScriptDirectory) -> None:
    current = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"The users' tables are at {current}, which this version does not know. Install the newer one."
        )
