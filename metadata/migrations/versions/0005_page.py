"""What a page shows: how many parts of a failed version are missing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("sync_events", sa.Column("missing_chunks", sa.BigInteger()))
