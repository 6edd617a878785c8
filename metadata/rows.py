"""Versions as rows: one joined select, FileVersion made from what it gives, and light rows for lists of 10,000."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, func, literal, null, select, type_coerce
from sqlalchemy.types import NullType

from foundation.blocks import Chunking
from foundation.sql import EPOCH
from metadata.model import Access, FileVersion, Kind
from metadata.schema import buckets, contents, file_versions, files

_KINDS = {kind.value: kind for kind in Kind}
_ACCESSES = {access.value: access for access in Access}
_CHUNKINGS = {chunking.value: chunking for chunking in Chunking}

# In the order of FileVersion's fields.
VERSION_COLUMNS: tuple[ColumnElement[Any], ...] = (
    file_versions.c.id.label("version_id"),
    files.c.id.label("file_id"),
    files.c.bucket.label("bucket_id"),
    files.c.path.label("path"),
    file_versions.c.content.label("content"),
    func.coalesce(contents.c.size, 0).label("size"),
    func.coalesce(contents.c.num_chunks, 0).label("num_chunks"),
    contents.c.content_hash.label("content_hash"),
    file_versions.c.etag.label("etag"),
    func.coalesce(contents.c.digests, "{}").label("digests"),
    file_versions.c.content_type.label("content_type"),
    file_versions.c.kind.label("kind"),
    file_versions.c.executable.label("executable"),
    file_versions.c.access.label("access"),
    file_versions.c.description.label("description"),
    file_versions.c.tags.label("tags"),
    file_versions.c.modified_at.label("modified_at"),
    file_versions.c.created_at.label("created_at"),
    file_versions.c.actor.label("actor"),
    file_versions.c.device.label("device"),
    (files.c.current_version == file_versions.c.id).label("is_current"),
    file_versions.c.verified_at.label("verified_at"),
    file_versions.c.purge_after.label("purge_after"),
    files.c.deleted_at.label("deleted_at"),
    buckets.c.chunking.label("chunking"),
)


def raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As the driver gives it: on SQLite, making UUIDs and times of 10,000 rows takes four times as long as reading them."""
    return type_coerce(column, NullType()).label(None)


# What a list shows of a file. The path and the file's id come first: they say where the next page begins.
_ENTRY_COLUMNS: tuple[ColumnElement[Any], ...] = (
    raw(files.c.path),
    raw(files.c.id),
    raw(file_versions.c.id),
    func.coalesce(contents.c.size, 0),
    func.coalesce(contents.c.num_chunks, 0),
    raw(contents.c.content_hash),
    file_versions.c.etag,
    file_versions.c.content_type,
    file_versions.c.kind,
    raw(file_versions.c.executable),
    file_versions.c.tags,
    raw(file_versions.c.modified_at),
    raw(file_versions.c.created_at),
    raw(file_versions.c.verified_at),
    raw(files.c.deleted_at),
)
Entry = dict[str, Any]


def select_versions(*, current: bool = False) -> Select[Any]:
    """Versions with their file, content and bucket; `current`: only the current version of each file."""
    of_file = file_versions.c.id == files.c.current_version if current else file_versions.c.file == files.c.id
    joined = (
        files.join(file_versions, of_file)
        .join(buckets, buckets.c.id == files.c.bucket)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
    )
    return select(*VERSION_COLUMNS).select_from(joined)


def select_trashed() -> Select[Any]:
    """Delete markers, as large as the version that each of them hides: the one that comes back."""
    older = file_versions.alias("older")
    hidden = (
        select(older.c.content)
        .where(older.c.file == files.c.id, older.c.content.is_not(None))
        .order_by(older.c.sequence.desc())
        .limit(1)
        .correlate(files)
        .scalar_subquery()
    )
    joined = (
        files.join(file_versions, file_versions.c.id == files.c.current_version)
        .join(buckets, buckets.c.id == files.c.bucket)
        .outerjoin(contents, contents.c.id == hidden)
    )
    shown: dict[str, ColumnElement[Any]] = {
        "content_hash": null().label("content_hash"),
        "digests": literal("{}").label("digests"),
    }
    columns = [shown.get(str(one.key), one) for one in VERSION_COLUMNS]
    return select(*columns).select_from(joined)


def select_entries() -> Select[Any]:
    """The current version of each file, for `entry_from`; path and file id are the first two columns."""
    joined = files.join(file_versions, file_versions.c.id == files.c.current_version).outerjoin(
        contents, contents.c.id == file_versions.c.content
    )
    return select(*_ENTRY_COLUMNS).select_from(joined)


def version_from(row: Any) -> FileVersion:
    """The version in a row of `select_versions`."""
    (
        version_id, file_id, bucket_id, path, content, size, num_chunks, content_hash, etag, digests, content_type, kind,
        executable, access, description, tags, modified_at, created_at, actor, device, is_current, verified_at,
        purge_after, deleted_at, chunking,
    ) = row  # fmt: skip
    return FileVersion(
        version_id, file_id, bucket_id, path, content, size, num_chunks, content_hash, etag, _mapping(digests),
        content_type, _KINDS[kind], bool(executable), _ACCESSES[access], description, _mapping(tags), modified_at,
        created_at, actor, device, bool(is_current), verified_at, purge_after, deleted_at, _CHUNKINGS[chunking],
    )  # fmt: skip


def entry_from(row: Any) -> Entry:
    """What a list shows of a file, ready for JSON, from a row of `select_entries`."""
    (
        path, file_id, version_id, size, num_chunks, content_hash, etag, content_type, kind, executable, tags,
        modified_at, created_at, verified_at, deleted_at,
    ) = row  # fmt: skip
    return {
        "file_id": uuid_text(file_id),
        "version_id": uuid_text(version_id),
        "path": path,
        "size": size,
        "num_chunks": num_chunks,
        "content_hash": None if content_hash is None else content_hash.hex(),
        "etag": etag,
        "content_type": content_type,
        "kind": kind,
        "executable": bool(executable),
        "tags": _mapping(tags),
        "modified_at": _instant(modified_at),
        "created_at": _instant(created_at),
        "verified_at": _instant(verified_at),
        "deleted_at": _instant(deleted_at),
    }


def uuid_text(given: Any) -> str:
    """A UUID's usual form, from 32 hex digits (SQLite) or a UUID (PostgreSQL)."""
    if given.__class__ is str:
        return f"{given[:8]}-{given[8:12]}-{given[12:16]}-{given[16:20]}-{given[20:]}"
    return str(given)


def _instant(given: Any) -> datetime | None:
    return EPOCH + timedelta(0, 0, given) if given.__class__ is int else given


def _mapping(text: str) -> Mapping[str, str]:
    return orjson.loads(text) if text != "{}" else {}
