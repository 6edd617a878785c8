"""How far the manifests of each bucket are."""

import sqlalchemy as sa
from alembic import op

from foundation.sql import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "manifests",
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, server_default="-1"),
        sa.Column("parts", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("old", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("draft", sa.Text()),
        sa.Column("replaced_at", Instant()),
        sa.Column("purged_at", Instant()),
        sa.Column("marks", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("marks_written", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", Instant()),
        sa.PrimaryKeyConstraint("bucket", name="pk_manifests"),
    )
    op.create_table(
        "manifest_roots",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user", name="pk_manifest_roots"),
    )
