"""What a commit answered, kept with its upload for the repetition (ALGORITHMS.md 1, "Commit": idempotent by upload id)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from foundation.blocks import Chunking
from foundation.sql import any_of
from metadata.batch import Batch, GroupResult, Result
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


def results_text(work: Work, results: Sequence[Result | GroupResult], said: str | None = None) -> str:
    """Versions by their ids; whole where a bucket keeps nothing that was replaced, not even for this answer. `said`: `said_of`."""
    document: dict[str, Any] = {
        "bucket": str(work.bucket.id),
        "sequence": work.sequence,
        "results": [_made(result) for result in results],
        "said": said,
        "group": work.group and str(work.group),
    }
    versions = [result.version for result in results if isinstance(result, Result)]
    # What another bucket keeps is not known here.
    whole = [one for one in versions if goes_at_once(work.bucket) or one.bucket_id != work.bucket.id]
    if whole:
        document["versions"] = {str(version.version_id): _document(version) for version in whole}
    return orjson.dumps({name: value for name, value in document.items() if value is not None}).decode()


def said_of(batch: Batch) -> str:
    """A hash of the operations: who repeats a commit says the same again."""
    said = [[type(operation).__name__, operation] for operation in batch.operations]
    text = orjson.dumps([said, batch.base_sequence], default=_plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else bytes(value).hex()


def results_from(connection: Connection, upload: UploadRow) -> list[Result | GroupResult]:
    """What was answered. Raises UploadEnded if any of it was purged since."""
    document = orjson.loads(upload.result or "{}")
    found = {UUID(id): _version(kept) for id, kept in document.get("versions", {}).items()}
    ids = [UUID(made[0]) for made in document["results"] if isinstance(made, list)]
    query = select_versions().where(any_of(connection, file_versions.c.id, ids))
    found |= {version.version_id: version for version in map(version_from, connection.execute(query))}
    if not found.keys() >= set(ids):
        raise UploadEnded("This upload was committed, and what it made was purged since.", state=upload.state.value)
    return [
        Result(found[UUID(made[0])], *made[1:])
        if isinstance(made, list)
        else GroupResult(UUID(made["group"]), made["files"], made["sequence"])
        for made in document["results"]
    ]


def _made(result: Result | GroupResult) -> Any:
    if isinstance(result, GroupResult):
        return {"group": str(result.group), "files": result.files, "sequence": result.sequence}
    return [str(result.version.version_id), result.sequence, result.created]


def _document(version: FileVersion) -> dict[str, Any]:
    values = {name: getattr(version, name) for name in FileVersion.__slots__}
    return values | {"tags": dict(version.tags), "content_hash": version.content_hash and version.content_hash.hex()}


def _version(document: Mapping[str, Any]) -> FileVersion:
    values = {
        name: _TYPES[name](value) if value is not None and name in _TYPES else value for name, value in document.items()
    }
    return FileVersion(**values)
