"""The whole catalogue of DESIGN.md 4. Written out, so that later edits of metadata.schema do not change history."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from foundation.sql import Instant

revision = "0001"
down_revision = None

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger()),
        sa.Column("next_sequence", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("user", name="pk_accounts"),
    )
    op.create_table(
        "backup_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup_holds"),
    )
    op.create_table(
        "blocks",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_size", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Text()),
        sa.Column("xxh3", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("checked_at", Instant()),
        sa.Column("verified_at", Instant()),
        sa.CheckConstraint("size > 0 AND size <= 4194304", name="ck_blocks_size"),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "candidates",
        sa.Column("sequence", COUNTER, sa.Identity(always=True), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32)),
        sa.Column("content", sa.Uuid()),
        sa.CheckConstraint("(block IS NULL) <> (content IS NULL)", name="ck_candidates_one"),
        sa.PrimaryKeyConstraint("sequence", name="pk_candidates"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("journal", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid()),
        sa.Column("version", sa.Uuid()),
        sa.Column("previous_version", sa.Uuid()),
        sa.Column("path", BYTEWISE),
        sa.Column("old_path", BYTEWISE),
        sa.Column("group", sa.Uuid()),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Uuid()),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "sequence", name="pk_changes"),
        sa.UniqueConstraint("event_id", name="uq_changes_event_id"),
    )
    op.create_index("ix_changes_group", "changes", ["group"], **_where('"group" IS NOT NULL'))
    op.create_table(
        "contents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("num_chunks", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("digests", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contents"),
    )
    op.create_table(
        "dead_names",
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("erase_after", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_dead_names"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_dead_names_erase_after", "dead_names", ["erase_after"])
    op.create_table(
        "idempotency_keys",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("user", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "sync_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid()),
        sa.Column("version", sa.Uuid()),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("action", sa.Text()),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant()),
        sa.Column("worker", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("chunks_verified", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_chunks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deleted_chunks", sa.BigInteger()),
        sa.Column("failed_chunks", sa.BigInteger()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_events"),
    )
    op.create_index(
        "ix_sync_events_claim", "sync_events", ["next_attempt_at"], **_where("status IN ('pending', 'processing')")
    )
    op.create_index("ix_sync_events_file", "sync_events", ["file", "created_at"])
    op.create_index("ix_sync_events_owner", "sync_events", ["owner", "created_at"])
    op.create_table(
        "uploads",
        sa.Column("writer", COUNTER, sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Uuid()),
        sa.Column("bucket", sa.Uuid()),
        sa.Column("target", sa.Text()),
        sa.Column("precondition", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("planned_chunks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("active_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant()),
        sa.Column("lease_owner", sa.Text()),
        sa.PrimaryKeyConstraint("writer", name="pk_uploads"),
        sa.UniqueConstraint("id", name="uq_uploads_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_uploads_active_at", "uploads", ["active_at"], **_where("state = 'open'"))
    op.create_index("ix_uploads_bucket", "uploads", ["bucket"])
    op.create_index("ix_uploads_owner_state", "uploads", ["owner", "state"])
    op.create_table(
        "block_holders",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["block"], ["blocks.id"], name="fk_block_holders_block", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "block", name="pk_block_holders"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_block_holders_block", "block_holders", ["block"])
    op.create_table(
        "buckets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("versioning", sa.Text(), nullable=False),
        sa.Column("naming", sa.Text(), nullable=False),
        sa.Column("chunking", sa.Text(), nullable=False),
        sa.Column("keep_days", sa.Integer()),
        sa.Column("trash_days", sa.Integer(), nullable=False),
        sa.Column("next_sequence", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("files", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("versions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("logical_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant()),
        sa.Column("purge_after", Instant()),
        sa.ForeignKeyConstraint(["owner"], ["accounts.user"], name="fk_buckets_owner", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_buckets"),
    )
    op.create_index("ix_buckets_purge_after", "buckets", ["purge_after"], **_where("purge_after IS NOT NULL"))
    op.create_index("uq_buckets_live_name", "buckets", ["owner", "name"], unique=True, **_where("deleted_at IS NULL"))
    op.create_table(
        "file_chunks",
        sa.Column("content", sa.Uuid(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["block"], ["blocks.id"], name="fk_file_chunks_block", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_file_chunks_content", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("content", "index", name="pk_file_chunks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_file_chunks_block", "file_chunks", ["block"])
    op.create_table(
        "upload_blocks",
        sa.Column("upload", COUNTER, nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["block"], ["blocks.id"], name="fk_upload_blocks_block", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["upload"], ["uploads.writer"], name="fk_upload_blocks_upload", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("upload", "block", name="pk_upload_blocks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_upload_blocks_block", "upload_blocks", ["block"])
    op.create_table(
        "upload_chunks",
        sa.Column("upload", COUNTER, nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.writer"], name="fk_upload_chunks_upload", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("upload", "index", name="pk_upload_chunks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_contents",
        sa.Column("upload", COUNTER, nullable=False),
        sa.Column("content", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_upload_contents_content", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["upload"], ["uploads.writer"], name="fk_upload_contents_upload", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("upload", "content", name="pk_upload_contents"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_upload_contents_content", "upload_contents", ["content"])
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("path", BYTEWISE, nullable=False),
        sa.Column("path_folded", BYTEWISE, nullable=False),
        sa.Column("current_version", sa.Uuid(), nullable=False),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant()),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.id"], name="fk_files_bucket", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_bucket_path", "files", ["bucket", "path", "id"])
    op.create_index("ix_files_bucket_path_folded", "files", ["bucket", "path_folded"])
    op.create_index("ix_files_trash", "files", ["bucket", "path", "id"], **_where("deleted_at IS NOT NULL"))
    op.create_index("uq_files_live_path", "files", ["bucket", "path"], unique=True, **_where("deleted_at IS NULL"))
    op.create_table(
        "members",
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.id"], name="fk_members_bucket", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("bucket", "user", name="pk_members"),
    )
    op.create_index("ix_members_user", "members", ["user"])
    op.create_table(
        "file_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("executable", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.Text(), server_default="{}", nullable=False),
        sa.Column("modified_at", Instant()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Uuid()),
        sa.Column("is_null", sa.Boolean(), nullable=False),
        sa.Column("purge_after", Instant()),
        sa.Column("verified_at", Instant()),
        sa.ForeignKeyConstraint(["content"], ["contents.id"], name="fk_file_versions_content", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name="fk_file_versions_file", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_file_versions"),
    )
    op.create_index("ix_file_versions_content", "file_versions", ["content"])
    op.create_index("ix_file_versions_file_sequence", "file_versions", ["file", "sequence"])
    op.create_index(
        "ix_file_versions_purge_after", "file_versions", ["purge_after"], **_where("purge_after IS NOT NULL")
    )
