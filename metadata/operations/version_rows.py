"""A version, made in memory, as the rows that it will be."""

from typing import Any

import orjson

from metadata.model import FileVersion, Versioning
from metadata.operations.work import Work
from metadata.paths import folded
from metadata.search_text import search_text


def file_row(work: Work, version: FileVersion) -> dict[str, Any]:
    """The file as it is with `version` as its current one."""
    return {
        "id": version.file_id,
        "bucket": work.bucket.id,
        "path": version.path,
        "path_folded": folded(version.path),
        "current_version": version.version_id,
        "search_text": search_text(version.path, version.description, version.tags),
        "created_at": work.moment,
        "deleted_at": version.deleted_at,
    }


def version_row(work: Work, version: FileVersion, sequence: int) -> dict[str, Any]:
    return {
        "id": version.version_id,
        "file": version.file_id,
        "bucket": work.bucket.id,
        "sequence": sequence,
        "content": version.content,
        "kind": version.kind.value,
        "content_type": version.content_type,
        "etag": version.etag,
        "access": version.access.value,
        "executable": version.executable,
        "description": version.description,
        "tags": orjson.dumps(dict(version.tags)).decode() if version.tags else "{}",
        "modified_at": version.modified_at,
        "created_at": version.created_at,
        "actor": version.actor,
        "device": version.device,
        "is_null": work.bucket.versioning is not Versioning.ON,
        "purge_after": version.purge_after,
        "verified_at": version.verified_at,
    }
