"""What the webhook tells the owners of files: written where a file's state changes, in the same transaction."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

from foundation.ids import new_id
from foundation.sql import any_of, insert_rows, now
from metadata.schema import buckets, file_versions, files
from metadata.sync_model import NoticeKind
from metadata.sync_schema import notices


class Cause(NamedTuple):
    event: UUID
    reason: str | None


def notify(connection: Connection, kind: NoticeKind, causes: Mapping[UUID, Cause]) -> None:
    """One notice for each of these versions."""
    if not causes:
        return
    query = (
        select(file_versions.c.id, file_versions.c.file, file_versions.c.bucket, files.c.path, buckets.c.title)
        .add_columns(buckets.c.owner)
        .join(files, files.c.id == file_versions.c.file)
        .join(buckets, buckets.c.id == file_versions.c.bucket)
        .where(any_of(connection, file_versions.c.id, causes))
    )
    moment, rows = now(connection), []
    for version, file, bucket, path, title, owner in connection.execute(query):
        body = {
            "event_id": causes[version].event,
            "bucket_id": bucket,
            "file_id": file,
            "version_id": version,
            "path": path,
            "bucket_title": title,
            "reason": causes[version].reason,
            "at": moment,
        }
        told = {"owner": owner, "kind": kind.value, "body": orjson.dumps(body).decode()}
        rows.append({"id": new_id(), **told, "next_attempt_at": moment, "created_at": moment})
    insert_rows(connection, notices, rows)
