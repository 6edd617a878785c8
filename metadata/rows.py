"""Versions as rows: one joined select, and FileVersion made from what it gives, cheap enough for 10,000 at a time."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, func, select

from foundation.blocks import Chunking
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


def select_versions(*, current: bool = False) -> Select[Any]:
    """Versions with their file, content and bucket; `current`: only the current version of each file."""
    of_file = file_versions.c.id == files.c.current_version if current else file_versions.c.file == files.c.id
    joined = (
        files.join(file_versions, of_file)
        .join(buckets, buckets.c.id == files.c.bucket)
        .outerjoin(contents, contents.c.id == file_versions.c.content)
    )
    return select(*VERSION_COLUMNS).select_from(joined)


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


def _mapping(text: str) -> Mapping[str, str]:
    return orjson.loads(text) if text != "{}" else {}
