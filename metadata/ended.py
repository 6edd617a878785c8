"""Rows that ended long ago and only answered repetitions: uploads, idempotency keys. Writers' numbers are never used again."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, select

from foundation.sql import any_of, now
from metadata.idempotency import KEPT
from metadata.model import UploadState
from metadata.schema import idempotency_keys, upload_blocks, upload_contents, uploads


def ended_uploads(connection: Connection, retention: timedelta, limit: int) -> list[int]:
    """Writers that nothing points to and that ended before that time. The sweeper takes a writer without a row for ended."""
    query = select(uploads.c.writer).where(_may_go(connection, retention))
    return list(connection.execute(query.order_by(uploads.c.writer).limit(limit)).scalars())


def drop_uploads(connection: Connection, writers: Collection[int], retention: timedelta) -> int:
    """Those of `writers` that may go still. Their plans are gone before."""
    these = any_of(connection, uploads.c.writer, writers)
    return connection.execute(delete(uploads).where(these, _may_go(connection, retention))).rowcount


def drop_keys(connection: Connection, limit: int) -> int:
    """Idempotency keys past their time."""
    columns = idempotency_keys.c
    old = select(columns.user, columns.key).where(columns.created_at < now(connection) - KEPT)
    # One that is taken anew meanwhile is young again.
    due = old.order_by(columns.created_at).limit(limit).with_for_update(skip_locked=True)
    found = connection.execute(due).all()
    for user, key in found:
        connection.execute(delete(idempotency_keys).where(columns.user == user, columns.key == key))
    return len(found)


def _may_go(connection: Connection, retention: timedelta) -> ColumnElement[bool]:
    is_old = uploads.c.active_at < now(connection) - retention
    pointing = (upload_blocks, upload_contents)
    is_free = (~exists().where(table.c.upload == uploads.c.writer) for table in pointing)
    return and_(uploads.c.state != UploadState.OPEN.value, is_old, *is_free)
