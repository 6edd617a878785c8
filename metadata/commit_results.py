"""What a commit answered, kept with its upload for the repetition (ALGORITHMS.md 1, "Commit": idempotent by upload id)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from foundation.blocks import Chunking
from foundation.sql import any_of
from metadata.batch import Result
from metadata.errors import UploadEnded
from metadata.model import Access, FileVersion, Kind
from metadata.operations.work import Work
from metadata.retention import goes_at_once
from metadata.rows import select_versions, version_from
from metadata.schema import file_versions
from metadata.upload_rows import UploadRow

_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "content_hash": bytes.fromhex,
    "kind": Kind,
    "access": Access,
    "chunking": Chunking,
    **dict.fromkeys(("version_id", "file_id", "bucket_id", "content", "actor", "device"), UUID),
    **dict.fromkeys(("modified_at", "created_at", "verified_at", "purge_after", "deleted_at"), datetime.fromisoformat),
}


def results_text(work: Work, results: Sequence[Result]) -> str:
    """Versions by their ids; whole where the bucket keeps nothing that was replaced, not even for this answer."""
    made = [[str(result.version.version_id), result.sequence, result.created] for result in results]
    document: dict[str, Any] = {"bucket": str(work.bucket.id), "sequence": work.sequence, "results": made}
    if goes_at_once(work.bucket):
        document["versions"] = {str(result.version.version_id): _document(result.version) for result in results}
    return orjson.dumps(document).decode()


def results_from(connection: Connection, upload: UploadRow) -> list[Result]:
    """What was answered. Raises UploadEnded if any of it was purged since."""
    document = orjson.loads(upload.result or "{}")
    found = {UUID(id): _version(kept) for id, kept in document.get("versions", {}).items()}
    ids = [UUID(id) for id, _, _ in document["results"]]
    query = select_versions().where(any_of(connection, file_versions.c.id, ids))
    found |= {version.version_id: version for version in map(version_from, connection.execute(query))}
    if not found.keys() >= set(ids):
        raise UploadEnded("This upload was committed, and what it made was purged since.", state=upload.state.value)
    return [Result(found[UUID(id)], sequence, created) for id, sequence, created in document["results"]]


def _document(version: FileVersion) -> dict[str, Any]:
    values = {name: getattr(version, name) for name in FileVersion.__slots__}
    return values | {"tags": dict(version.tags), "content_hash": version.content_hash and version.content_hash.hex()}


def _version(document: Mapping[str, Any]) -> FileVersion:
    values = {
        name: _TYPES[name](value) if value is not None and name in _TYPES else value for name, value in document.items()
    }
    return FileVersion(**values)
