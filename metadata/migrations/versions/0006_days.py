"""What buckets held at the end of each day."""

import sqlalchemy as sa
from alembic import op

from foundation.sql import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "bucket_days",
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("day", Instant(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _FIGURES),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.id"], name="fk_bucket_days_bucket", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("bucket", "day", name="pk_bucket_days"),
    )


_FIGURES = ("files", "versions", "logical_bytes", "version_bytes")
