"""Alembic's way in: on the connection, and in the transaction, of whoever runs it (metadata.migrated)."""

from alembic import context

from metadata.migrated import VERSION_TABLE
from metadata.schemas import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite too: the transaction was begun by BEGIN IMMEDIATE.
)
with context.begin_transaction():
    context.run_migrations()
