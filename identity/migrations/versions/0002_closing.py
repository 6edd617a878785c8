"""People who are being deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0002_closing"
down_revision = "0001_identity"

# As foundation.sql.Instant stood when this was written: a migration must not change when the code does.
Instant = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("closing_at", Instant))
