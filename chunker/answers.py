"""What the upload and commit routes answer, as documents and as OpenAPI sees them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from foundation.openapi import Responses, problems
from foundation.problems import Problem
from metadata import BatchResult, FileVersion, GroupResult, Result, Upload


class FileAnswer(BaseModel):
    """A version that was just made. `content_hash`: SHA-256 over the chunks' binary SHA-256s, null for a delete marker."""

    file_id: UUID
    version_id: UUID
    bucket_id: UUID
    path: str
    size: int
    num_chunks: int
    etag: str
    content_hash: str | None
    sync_status: str


class UploadOpenedAnswer(BaseModel):
    upload_id: UUID
    missing: list[str]
    expires_at: str


class MissingAnswer(BaseModel):
    missing: list[str]


class UploadAnswer(BaseModel):
    """All that a client needs to resume. `missing`: at most 10,000 planned blocks to send, more behind `next_cursor`."""

    upload_id: UUID
    state: str
    bucket_id: UUID | None
    path: str | None
    size: int | None
    received_bytes: int
    missing: list[str]
    next_cursor: str | None
    expires_at: str


class UploadItem(BaseModel):
    upload_id: UUID
    state: str
    bucket_id: UUID | None
    path: str | None
    size: int | None
    received_bytes: int
    expires_at: str


class UploadsAnswer(BaseModel):
    items: list[UploadItem]
    next_cursor: str | None


class BlockAnswer(BaseModel):
    """`status`: stored, present or refused, then with the `problem`."""

    id: str
    status: str
    problem: dict[str, Any] | None = None


class BlocksAnswer(BaseModel):
    results: list[BlockAnswer]


class OperationAnswer(FileAnswer):
    sequence: int | None


class GroupAnswer(BaseModel):
    """Of an operation on a folder: what `restore_prefix` takes as `group` to undo it, and how many files there were."""

    group: UUID
    files: int
    sequence: int | None


class CommitsAnswer(BaseModel):
    """`sequence`: the bucket's after the commit. One result an operation, in order.

    `group`: what `restore_prefix` takes to undo it all: of several operations where each is a delete, move or restore, of files or
    folders; of one, where it is on a folder. Null for one on a file, which is undone by its id.
    """

    bucket_id: UUID
    sequence: int
    results: list[OperationAnswer | GroupAnswer]
    group: UUID | None


def file_document(version: FileVersion) -> dict[str, Any]:
    return {
        "file_id": version.file_id,
        "version_id": version.version_id,
        "bucket_id": version.bucket_id,
        "path": version.path,
        "size": version.size,
        "num_chunks": version.num_chunks,
        "etag": version.etag,
        "content_hash": version.content_hash.hex() if version.content_hash is not None else None,
        # Whatever was made just now is verified by a worker later.
        "sync_status": "pending",
    }


def result_document(result: Result | GroupResult) -> dict[str, Any]:
    if isinstance(result, GroupResult):
        return {"group": result.group, "files": result.files, "sequence": result.sequence}
    return {**file_document(result.version), "sequence": result.sequence}


def batch_document(result: BatchResult) -> dict[str, Any]:
    return {
        "bucket_id": result.bucket_id,
        "sequence": result.sequence,
        "results": [result_document(one) for one in result.results],
        "group": result.group,
    }


def upload_document(upload: Upload) -> dict[str, Any]:
    return {
        "upload_id": upload.id,
        "state": upload.state,
        "bucket_id": upload.bucket_id,
        "path": upload.target.path if upload.target else None,
        "size": upload.size,
        "received_bytes": upload.received_bytes,
        "expires_at": upload.expires_at,
    }


def refusal(problem: Problem) -> dict[str, Any]:
    return {"status": "refused", "problem": problem.document()}


def answers(statuses: Sequence[int], shape: type[BaseModel], *kinds: type[Problem]) -> Responses:
    """What OpenAPI is told of a route: its answer and its errors."""
    return {**{status: {"model": shape} for status in statuses}, **problems(*kinds)}
