"""Clients and what they were granted, invitations, people of an outside issuer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0003_provider"
down_revision = "0002_closing"

# As foundation.sql.Instant stood when this was written: a migration must not change when the code does.
Instant = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete="RESTRICT")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("email_key", existing_type=sa.Text, nullable=True)
        users.add_column(sa.Column("issuer", sa.Text))
        users.add_column(sa.Column("subject", sa.Text))
        users.create_unique_constraint("uq_users_issuer_subject", ["issuer", "subject"])
    op.create_table(
        "clients",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32)),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_table(
        "consents",
        sa.Column("user", sa.Uuid, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("given_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("user", "client", name="pk_consents"),
        _of("consents", "user", "users.id"),
        _of("consents", "client", "clients.id"),
    )
    op.create_table(
        "codes",
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user", sa.Uuid, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text),
        sa.Column("authenticated_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("device", sa.Uuid),
        sa.PrimaryKeyConstraint("code_hash", name="pk_codes"),
        _of("codes", "user", "users.id"),
        _of("codes", "device", "devices.id"),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user", sa.Uuid, nullable=False),
        sa.Column("device", sa.Uuid, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("authenticated_at", Instant, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.Column("replaced_at", Instant),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_refresh_tokens"),
        _of("refresh_tokens", "user", "users.id"),
        _of("refresh_tokens", "device", "devices.id"),
    )
    op.create_table(
        "device_codes",
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_code", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("device_name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("interval_seconds", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("polled_at", Instant),
        sa.Column("user", sa.Uuid),
        sa.Column("is_allowed", sa.Boolean),
        sa.Column("authenticated_at", Instant),
        sa.PrimaryKeyConstraint("code_hash", name="pk_device_codes"),
        sa.UniqueConstraint("user_code", name="uq_device_codes_user_code"),
        _of("device_codes", "user", "users.id"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("invited_by", sa.Uuid),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("secret_hash", name="uq_invitations_secret_hash"),
        _of("invitations", "invited_by", "users.id"),
    )
    op.create_table(
        "outside_sessions",
        sa.Column("device", sa.Uuid, nullable=False),
        sa.Column("user", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("refresh_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_outside_sessions"),
        _of("outside_sessions", "device", "devices.id"),
        _of("outside_sessions", "user", "users.id"),
    )
    for table, column in (
        ("codes", "user"),
        ("codes", "device"),
        ("refresh_tokens", "user"),
        ("refresh_tokens", "device"),
        ("device_codes", "user"),
        ("invitations", "invited_by"),
        ("outside_sessions", "user"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
