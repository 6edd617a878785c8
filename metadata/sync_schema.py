"""The tables of verification: jobs and what became of them, what was found out, rounds of proof. None refers to the others."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, LargeBinary, SmallInteger, Text, Uuid, text

from foundation.sql import Instant
from metadata.schema import Counter, metadata, table

__all__ = [
    "findings",
    "metadata",
    "notices",
    "scrub_rounds",
    "sync_events",
    "sync_outcomes",
    "verify_requests",
    "workers",
]

sync_events = table(
    "sync_events",
    Column("id", Uuid, primary_key=True),  # the change's event id
    Column("bucket", Uuid, nullable=False),
    Column("file", Uuid),
    Column("version", Uuid),
    Column("owner", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("action", Text),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("worker", Text),
    Column("error", Text),
    Column("reason", Text),
    Column("chunks_verified", BigInteger, nullable=False, server_default="0"),
    Column("total_chunks", BigInteger, nullable=False, server_default="0"),
    Column("deleted_chunks", BigInteger),
    Column("failed_chunks", BigInteger),
    Column("missing_chunks", BigInteger),  # of one that failed because parts are missing
    Column("healed_chunks", BigInteger, nullable=False, server_default="0"),
    Column("healed_at", Instant),
    Column("reads_since", Instant),  # "verify now": blocks proved before it are read again
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("pending_since", Instant),  # NULL: since it was created
    Column("origin", Text),  # the request that made it, and its trace: foundation.tracing.origin
    Index("ix_sync_events_file", "file", "created_at"),
    Index("ix_sync_events_owner", "owner", "created_at", "id"),
    Index("ix_sync_events_bucket", "bucket", "created_at", "id"),
    Index("ix_sync_events_created_at", "created_at", "id"),
    Index("ix_sync_events_owner_updated_at", "owner", "updated_at"),
)


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


def _unfinished(name: str, *keys: str) -> None:
    columns = [sync_events.c[key] for key in (*keys, "status", "created_at", "id")]
    Index(f"ix_sync_events_unfinished{name}", *columns, **_where("status <> 'completed'"))


def _healed(name: str, *keys: str) -> None:
    columns = [sync_events.c[key] for key in (*keys, "healed_at", "id")]
    Index(f"ix_sync_events_healed{name}", *columns, **_where("healed_at IS NOT NULL"))


Index("ix_sync_events_failed", sync_events.c.owner, sync_events.c.updated_at, **_where("status = 'failed'"))
# Of everybody, for administrators; of one's own; of a bucket that is shared with one.
_unfinished("")
_unfinished("_owner", "owner")
_unfinished("_bucket", "bucket")
_healed("")
_healed("_owner", "owner")
_healed("_bucket", "bucket")
Index(
    "ix_sync_events_claim",
    sync_events.c.status,
    sync_events.c.next_attempt_at,
    **_where("status IN ('pending', 'processing')"),
)

findings = table(  # what was found out of a block, to be told to every file that uses it
    "findings",
    Column("sequence", Counter, Identity(always=True), primary_key=True),
    Column("block", LargeBinary(32), nullable=False),
    Column("kind", Text, nullable=False),  # metadata.sync_model.FindingKind
    Column("note", Text, nullable=False, server_default=""),  # which copies, or from where it was healed
    Column("at", Instant, nullable=False),
    Column("after", Uuid),  # the versions up to this one have been told
    sqlite_autoincrement=True,
)

verify_requests = table(  # a bucket whose files are to be read again, until each has been told
    "verify_requests",
    Column("sequence", Counter, Identity(always=True), primary_key=True),
    Column("bucket", Uuid, nullable=False),
    Column("after", Uuid),
    Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

sync_outcomes = table(  # how many checks ended how, by owner and quarter of an hour
    "sync_outcomes",
    Column("owner", Uuid, primary_key=True),
    Column("at", Instant, primary_key=True),  # when the quarter begins
    Column("verified", BigInteger, nullable=False, server_default="0"),
    Column("healed", BigInteger, nullable=False, server_default="0"),
    Column("failed", BigInteger, nullable=False, server_default="0"),
    Column("retried", BigInteger, nullable=False, server_default="0"),
    Index("ix_sync_outcomes_at", "at"),
)

workers = table(
    "workers",
    Column("name", Text, primary_key=True),
    Column("doing", Text, nullable=False),  # a chore's name; "" while it rests
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

scrub_rounds = table(
    "scrub_rounds",
    Column("number", Counter, Identity(always=True), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("is_urgent", Boolean, nullable=False),  # as fast as the store reads
    Column("total_blocks", BigInteger, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("blocks", BigInteger, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("healed", BigInteger, nullable=False, server_default="0"),
    Column("damaged", BigInteger, nullable=False, server_default="0"),
    Column("bytes_per_second", BigInteger, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("lease_until", Instant),
    Column("updated_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

notices = table(  # what the webhook is told of
    "notices",
    Column("id", Uuid, primary_key=True),
    Column("owner", Uuid, nullable=False),
    Column("kind", Text, nullable=False),  # metadata.sync_model.NoticeKind
    Column("body", Text, nullable=False),  # JSON
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant),  # NULL: delivered, or given up
    Column("error", Text),
    Column("created_at", Instant, nullable=False, index=True),
)
Index(
    "ix_notices_due",
    notices.c.next_attempt_at,
    **_where("next_attempt_at IS NOT NULL"),
)
