"""Uploads that nobody touches end by themselves, a bounded number of rows a transaction, whatever they hold."""

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from foundation.sql import any_of, now
from metadata.model import UploadState
from metadata.schema import candidates, upload_blocks, upload_chunks, uploads
from metadata.upload_rows import end_upload


def silent_uploads(connection: Connection, expiry: timedelta, limit: int) -> list[int]:
    """The writers of open uploads that nobody touched for that long."""
    is_open = uploads.c.state == UploadState.OPEN.value
    query = select(uploads.c.writer).where(is_open, uploads.c.active_at < now(connection) - expiry)
    return list(connection.execute(query.order_by(uploads.c.active_at).limit(limit)).scalars())


def expire_slice(connection: Connection, writer: int, expiry: timedelta, rows: int) -> bool | None:
    """Let go of at most `rows` blocks. True: it has ended, False: more is left, None: it is silent no more.

    Until it has ended its client may come back, and is told which blocks to send again.
    """
    # Lock first, judge later: it may have been touched or committed meanwhile.
    connection.execute(select(uploads.c.id).where(uploads.c.writer == writer).with_for_update()).all()
    still = select(uploads.c.writer).where(uploads.c.writer == writer, uploads.c.active_at < now(connection) - expiry)
    if connection.execute(still.where(uploads.c.state == UploadState.OPEN.value)).one_or_none() is None:
        return None
    return end_slice(connection, writer, UploadState.EXPIRED, rows)


def end_slice(connection: Connection, writer: int, state: UploadState, rows: int) -> bool:
    """Of an open upload, under its lock: let go of at most `rows` blocks. Whether it has ended; its plan is left."""
    of_upload = upload_blocks.c.upload == writer
    page = select(upload_blocks.c.block).where(of_upload).order_by(upload_blocks.c.block).limit(rows)
    held = list(connection.execute(page).scalars())
    if len(held) == rows:
        these = of_upload & any_of(connection, upload_blocks.c.block, held)
        connection.execute(insert(candidates).from_select(["block"], select(upload_blocks.c.block).where(these)))
        connection.execute(delete(upload_blocks).where(these))
        return False
    end_upload(connection, writer, state, keep_plan=True)
    return True


def drop_plan(connection: Connection, writer: int, rows: int) -> int:
    """At most `rows` planned chunks of an upload that has ended, the last first; how many went."""
    of_upload = upload_chunks.c.upload == writer
    page = select(upload_chunks.c.index).where(of_upload).order_by(upload_chunks.c.index.desc()).limit(rows)
    indexes = list(connection.execute(page).scalars())
    if indexes:
        connection.execute(delete(upload_chunks).where(of_upload, upload_chunks.c.index >= indexes[-1]))
    return len(indexes)
