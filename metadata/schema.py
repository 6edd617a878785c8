"""The tables of the catalogue (DESIGN.md 4), the same on SQLite and PostgreSQL. No reference counts: foreign keys, all RESTRICT.

Those of verification are in metadata.sync_schema.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from foundation.sql import Instant

# Paths and names are ordered by their bytes, whatever the database's locale.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite counts by itself only in a column that is exactly INTEGER PRIMARY KEY.
Counter = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *parts: Any, **options: Any) -> Table:
    return Table(name, metadata, *parts, **options)


def _fk(target: str, **options: Any) -> ForeignKey:
    return ForeignKey(target, ondelete=options.get("ondelete", "RESTRICT"))


accounts = table(
    "accounts",
    Column("user", Uuid, primary_key=True),
    Column("quota_bytes", BigInteger),
    Column("next_sequence", BigInteger, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("closing_at", Instant),  # since when everything of the user is on its way out
)
Index(
    "ix_accounts_closing_at",
    accounts.c.closing_at,
    postgresql_where=text("closing_at IS NOT NULL"),
    sqlite_where=text("closing_at IS NOT NULL"),
)

buckets = table(
    "buckets",
    Column("id", Uuid, primary_key=True),
    Column("owner", Uuid, _fk("accounts.user"), nullable=False),
    Column("name", Bytewise, nullable=False),
    Column("title", Text, nullable=False),
    Column("versioning", Text, nullable=False),
    Column("naming", Text, nullable=False),
    Column("chunking", Text, nullable=False),
    Column("keep_days", Integer),
    Column("trash_days", Integer, nullable=False),
    Column("next_sequence", BigInteger, nullable=False, server_default="1"),
    Column("files", BigInteger, nullable=False, server_default="0"),
    Column("versions", BigInteger, nullable=False, server_default="0"),
    Column("logical_bytes", BigInteger, nullable=False, server_default="0"),
    Column("version_bytes", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("purge_after", Instant),
)
Index(
    "uq_buckets_live_name",
    buckets.c.owner,
    buckets.c.name,
    unique=True,
    postgresql_where=text("deleted_at IS NULL"),
    sqlite_where=text("deleted_at IS NULL"),
)
Index(
    "ix_buckets_purge_after",
    buckets.c.purge_after,
    postgresql_where=text("purge_after IS NOT NULL"),
    sqlite_where=text("purge_after IS NOT NULL"),
)

bucket_days = table(  # what a bucket held at the end of a day
    "bucket_days",
    Column("bucket", Uuid, _fk("buckets.id"), primary_key=True),
    Column("day", Instant, primary_key=True),  # when it began, in UTC
    Column("files", BigInteger, nullable=False),
    Column("versions", BigInteger, nullable=False),
    Column("logical_bytes", BigInteger, nullable=False),
    Column("version_bytes", BigInteger, nullable=False),
)

members = table(
    "members",
    Column("bucket", Uuid, _fk("buckets.id"), primary_key=True),
    Column("user", Uuid, primary_key=True, index=True),
    Column("role", Text, nullable=False),
)

contents = table(
    "contents",
    Column("id", Uuid, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("num_chunks", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("digests", Text, nullable=False, server_default="{}"),  # JSON, algorithm → hex
    Column("created_at", Instant, nullable=False),
)

blocks = table(
    "blocks",
    Column("id", LargeBinary(32), primary_key=True),
    Column("name", Text, nullable=False),  # not unique: take-over would wait for every key-share lock
    Column("size", Integer, nullable=False),
    Column("stored_size", Integer, nullable=False),
    Column("codec", Text),
    Column("xxh3", BigInteger, nullable=False),  # xxh3_64 of the plain bytes, as a signed number
    Column("state", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("checked_at", Instant),
    Column("verified_at", Instant),
    CheckConstraint("size > 0 AND size <= 4194304", name="size"),
    sqlite_with_rowid=False,
)
Index(  # in which order a round reads: the never read ones by when they came, then those with the oldest proof
    "ix_blocks_verified_at",
    blocks.c.verified_at,
    blocks.c.registered_at,
    postgresql_where=text("state = 'stored'"),
    sqlite_where=text("state = 'stored'"),
)
Index(
    "ix_blocks_checked_at",
    blocks.c.checked_at,
    postgresql_where=text("state <> 'stored'"),
    sqlite_where=text("state <> 'stored'"),
)
Index(
    "ix_blocks_wanted",
    blocks.c.id,
    postgresql_where=text("state <> 'stored'"),
    sqlite_where=text("state <> 'stored'"),
)

file_chunks = table(
    "file_chunks",
    Column("content", Uuid, _fk("contents.id"), primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("offset", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("block", LargeBinary(32), _fk("blocks.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

block_holders = table(
    "block_holders",
    Column("user", Uuid, primary_key=True),
    # The one CASCADE: a holder is a permission on the block, not a reference to it.
    Column("block", LargeBinary(32), _fk("blocks.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

files = table(
    "files",
    Column("id", Uuid, primary_key=True),
    Column("bucket", Uuid, _fk("buckets.id"), nullable=False),
    Column("path", Bytewise, nullable=False),
    Column("path_folded", Bytewise, nullable=False),
    Column("current_version", Uuid, nullable=False),  # no foreign key: it and file_versions.file would form a ring
    Column("search_text", Text, nullable=False, server_default=""),  # its index is each database's own: migration 0003
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # since when it is in the trash
    Index("ix_files_bucket_path", "bucket", "path", "id"),
    Index("ix_files_bucket_path_folded", "bucket", "path_folded"),
)
Index(
    "uq_files_live_path",
    files.c.bucket,
    files.c.path,
    unique=True,
    postgresql_where=text("deleted_at IS NULL"),
    sqlite_where=text("deleted_at IS NULL"),
)
Index(
    "ix_files_trash",
    files.c.bucket,
    files.c.path,
    files.c.id,
    postgresql_where=text("deleted_at IS NOT NULL"),
    sqlite_where=text("deleted_at IS NOT NULL"),
)

file_versions = table(
    "file_versions",
    Column("id", Uuid, primary_key=True),
    Column("file", Uuid, _fk("files.id"), nullable=False),
    # Its file's. A key of its own would cost each version one more look-up.
    Column("bucket", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the change that made it; orders a file's versions
    Column("content", Uuid, _fk("contents.id"), index=True),  # NULL: a delete marker
    Column("kind", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("executable", Boolean, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("tags", Text, nullable=False, server_default="{}"),  # JSON, string → string
    Column("modified_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("actor", Uuid, nullable=False),
    Column("device", Uuid),
    Column("is_null", Boolean, nullable=False),  # S3's null version: made while versioning was off or suspended
    Column("purge_after", Instant),
    Column("verified_at", Instant),
    Index("ix_file_versions_file_sequence", "file", "sequence"),
)
Index(
    "ix_file_versions_purge_after",
    file_versions.c.purge_after,
    postgresql_where=text("purge_after IS NOT NULL"),
    sqlite_where=text("purge_after IS NOT NULL"),
)
Index(
    "ix_file_versions_verified_at",
    file_versions.c.bucket,
    file_versions.c.verified_at,
    file_versions.c.created_at,
    postgresql_where=text("content IS NOT NULL"),
    sqlite_where=text("content IS NOT NULL"),
)

uploads = table(
    "uploads",
    # The number in block names; from a sequence that never goes back, not even after a rollback.
    Column("writer", Counter, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("owner", Uuid, nullable=False),
    Column("device", Uuid),
    Column("bucket", Uuid, index=True),  # without foreign key: a bucket may be purged while an upload is open
    Column("target", Text),  # JSON of metadata.model.Target
    Column("precondition", Text, nullable=False, server_default="{}"),  # JSON
    Column("state", Text, nullable=False),
    Column("size", BigInteger),
    Column("planned_chunks", BigInteger, nullable=False, server_default="0"),
    Column("result", Text),  # JSON: what the commit answered, for its repetition
    Column("opened_at", Instant, nullable=False),
    Column("active_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("lease_owner", Text),
    Index("ix_uploads_owner_state", "owner", "state"),
    sqlite_autoincrement=True,
)
Index(
    "ix_uploads_active_at",
    uploads.c.active_at,
    postgresql_where=text("state = 'open'"),
    sqlite_where=text("state = 'open'"),
)

upload_chunks = table(  # the plan: no reference, the block need not be there
    "upload_chunks",
    Column("upload", Counter, _fk("uploads.writer"), primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("block", LargeBinary(32), nullable=False),
    Column("size", Integer, nullable=False),
    sqlite_with_rowid=False,
)

upload_blocks = table(
    "upload_blocks",
    Column("upload", Counter, _fk("uploads.writer"), primary_key=True),
    Column("block", LargeBinary(32), _fk("blocks.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

upload_contents = table(
    "upload_contents",
    Column("upload", Counter, _fk("uploads.writer"), primary_key=True),
    Column("content", Uuid, _fk("contents.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

candidates = table(
    "candidates",
    Column("sequence", Counter, Identity(always=True), primary_key=True),
    Column("block", LargeBinary(32)),
    Column("content", Uuid),
    CheckConstraint("(block IS NULL) <> (content IS NULL)", name="one"),
    sqlite_autoincrement=True,
)

dead_names = table(
    "dead_names",
    Column("name", Bytewise, primary_key=True),
    Column("erase_after", Instant, nullable=False, index=True),
    Column("stored_size", Integer),  # NULL of bytes that nobody told of, or that were damaged
    sqlite_with_rowid=False,
)

changes = table(  # no foreign keys: things as they were then
    "changes",
    Column("journal", Uuid, primary_key=True),  # a bucket's id, or a user's for a root journal
    Column("sequence", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("bucket", Uuid, nullable=False),
    Column("file", Uuid),
    Column("version", Uuid),
    Column("previous_version", Uuid),
    Column("path", Bytewise),
    Column("old_path", Bytewise),
    Column("group", Uuid),
    Column("actor", Uuid, nullable=False),
    Column("device", Uuid),
    Column("at", Instant, nullable=False),
)
Index(
    "ix_changes_group",
    changes.c.group,
    postgresql_where=text('"group" IS NOT NULL'),
    sqlite_where=text('"group" IS NOT NULL'),
)

idempotency_keys = table(
    "idempotency_keys",
    Column("user", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)

backup_holds = table(
    "backup_holds",
    Column("id", Uuid, primary_key=True),
    Column("snapshot_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
)

installation = table(
    "installation",
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("generation", BigInteger, nullable=False),  # rises at each start and daily, here first, then in the store
    Column("raised_at", Instant, nullable=False),
    CheckConstraint("one = 1", name="one"),
)
