"""Which request, and which trace, a sync event comes from. Versions before leave the column empty."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("sync_events", sa.Column("origin", sa.Text()))
