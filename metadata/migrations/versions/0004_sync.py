"""What verification needs: healed events, findings, rounds of proof, workers, outcomes, notices."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from foundation.sql import Instant

revision = "0004"
down_revision = "0003"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _sequence(name: str = "sequence") -> sa.Column[int]:
    return sa.Column(name, COUNTER, sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("closing_at", Instant()))
    op.create_index("ix_accounts_closing_at", "accounts", ["closing_at"], **_where("closing_at IS NOT NULL"))
    op.add_column("sync_events", _number("healed_chunks"))
    op.add_column("sync_events", sa.Column("healed_at", Instant()))
    op.add_column("sync_events", sa.Column("reads_since", Instant()))
    op.add_column("sync_events", sa.Column("pending_since", Instant()))
    _index_events()
    _index_proofs()
    _create_findings()
    _create_rounds()
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )


def _index_events() -> None:
    op.drop_index("ix_sync_events_owner", "sync_events")
    op.create_index("ix_sync_events_owner", "sync_events", ["owner", "created_at", "id"])
    op.create_index("ix_sync_events_bucket", "sync_events", ["bucket", "created_at", "id"])
    op.create_index("ix_sync_events_created_at", "sync_events", ["created_at", "id"])
    op.create_index("ix_sync_events_owner_updated_at", "sync_events", ["owner", "updated_at"])
    op.create_index("ix_sync_events_failed", "sync_events", ["owner", "updated_at"], **_where("status = 'failed'"))
    # By status first: the few whose lease lapsed are found beside a million that wait.
    op.drop_index("ix_sync_events_claim", "sync_events")
    unfinished = _where("status IN ('pending', 'processing')")
    op.create_index("ix_sync_events_claim", "sync_events", ["status", "next_attempt_at"], **unfinished)
    for name, keys in (("", ()), ("_owner", ("owner",)), ("_bucket", ("bucket",))):
        columns, condition = [*keys, "status", "created_at", "id"], _where("status <> 'completed'")
        op.create_index(f"ix_sync_events_unfinished{name}", "sync_events", columns, **condition)
        columns, condition = [*keys, "healed_at", "id"], _where("healed_at IS NOT NULL")
        op.create_index(f"ix_sync_events_healed{name}", "sync_events", columns, **condition)


def _index_proofs() -> None:
    op.create_index("ix_blocks_verified_at", "blocks", ["verified_at", "registered_at"], **_where("state = 'stored'"))
    op.create_index("ix_blocks_checked_at", "blocks", ["checked_at"], **_where("state <> 'stored'"))
    op.create_index("ix_blocks_wanted", "blocks", ["id"], **_where("state <> 'stored'"))
    op.create_index(
        "ix_file_versions_verified_at",
        "file_versions",
        ["bucket", "verified_at", "created_at"],
        **_where("content IS NOT NULL"),
    )


def _create_findings() -> None:
    op.create_table(
        "findings",
        _sequence(),
        sa.Column("block", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("after", sa.Uuid()),
        sa.PrimaryKeyConstraint("sequence", name="pk_findings"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "verify_requests",
        _sequence(),
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("after", sa.Uuid()),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_verify_requests"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Instant()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_created_at", "notices", ["created_at"])
    op.create_index("ix_notices_due", "notices", ["next_attempt_at"], **_where("next_attempt_at IS NOT NULL"))


def _create_rounds() -> None:
    op.create_table(
        "scrub_rounds",
        _sequence("number"),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("total_blocks", sa.BigInteger(), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=False),
        *map(_number, ("blocks", "bytes", "healed", "damaged", "bytes_per_second")),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", Instant()),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_scrub_rounds"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sync_outcomes",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *map(_number, ("verified", "healed", "failed", "retried")),
        sa.PrimaryKeyConstraint("owner", "at", name="pk_sync_outcomes"),
    )
    op.create_index("ix_sync_outcomes_at", "sync_outcomes", ["at"])
