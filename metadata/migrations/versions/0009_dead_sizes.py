"""How many bytes a dead name holds, so that what is erased can be counted. Versions before leave the column empty."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("dead_names", sa.Column("stored_size", sa.Integer()))
