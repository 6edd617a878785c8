"""Which installation this database is of, and which of its lives (ALGORITHMS.md 7)."""

import sqlalchemy as sa
from alembic import op

from foundation.sql import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("one", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_installation"),
        sa.CheckConstraint("one = 1", name=op.f("ck_installation_one")),
    )
