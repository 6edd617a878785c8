"""The catalogue's shapes on the wire (API.md "Catalogue")."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from foundation.blocks import Chunking
from foundation.openapi import Responses, problems
from foundation.problems import Forbidden, Invalid, Malformed, Problem, Unauthenticated
from foundation.wire import Wire
from metadata.batch import Describe, Emptied, Move, Operation, Purged, Result
from metadata.descriptions import MAX_DESCRIPTION
from metadata.model import NO_PRECONDITION, Access, Change, FileVersion, Precondition, StoredChunk
from metadata.wire_checks import OpenCheckWire, SyncStatus


class EntryWire(Wire):
    """A file in a list: its current version, a delete marker where `deleted_at` is set."""

    file_id: UUID
    version_id: UUID
    path: str
    size: int
    num_chunks: int
    content_hash: str | None
    etag: str
    content_type: str
    kind: str
    executable: bool
    tags: dict[str, str]
    modified_at: datetime | None
    created_at: datetime
    verified_at: datetime | None
    deleted_at: datetime | None


class FileWire(EntryWire):
    bucket_id: UUID
    digests: dict[str, str]
    access: str
    description: str
    actor: UUID
    device: UUID | None
    is_current: bool
    purge_after: datetime | None
    chunking: Chunking


class ListedEntryWire(EntryWire):
    sync_status: SyncStatus
    sync: OpenCheckWire | None


class FileRecordWire(FileWire):
    sync_status: SyncStatus
    sync: OpenCheckWire | None


class EntriesWire(Wire):
    items: list[ListedEntryWire]
    prefixes: list[str]
    next_cursor: str | None


class FoundFilesWire(Wire):
    items: list[FileRecordWire]
    next_cursor: str | None


class FilesWire(Wire):
    items: list[FileWire]
    next_cursor: str | None


class FileChangesWire(Wire):
    """What is absent stays as it is; one at least must be there. `tags` are all of the file's tags from then on."""

    path: str | None = Field(default=None, description="The new path.", examples=["2026/cairn.jpg"])
    bucket: str | None = Field(default=None, description="Another bucket; the file has a new id there.")
    description: str | None = Field(default=None, max_length=MAX_DESCRIPTION)
    tags: dict[str, str] | None = Field(
        default=None, description="At most 50; keys of 1 to 128 characters, values of 256."
    )
    access: Access | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "FileChangesWire":
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("say path, bucket, description, tags or access")
        return self

    def operations(self, file: FileVersion, precondition: Precondition) -> list[Operation]:
        """On `file` as it was seen; `precondition` judges the first."""
        found: list[Operation] = []
        if (self.description, self.tags, self.access) != (None, None, None):
            said = Describe(file.file_id, None, self.description, self.tags, self.access, precondition=precondition)
            found.append(said)
        if (self.path, self.bucket) != (None, None):
            to = file.path if self.path is None else self.path
            condition = NO_PRECONDITION if found else precondition
            found.append(Move(to, file.file_id, precondition=condition, to_bucket=self.bucket))
        return found


class UndeleteWire(Wire):
    path: str | None = Field(default=None, description="Another path, where the old one is taken.")


class RestoreWire(Wire):
    version_id: UUID


class ResultWire(FileWire):
    """The file as it is now; `sequence` of the change in the bucket's journal, null where nothing had to change."""

    sequence: int | None


class ChunkWire(Wire):
    index: int
    offset: int
    size: int
    id: str
    verified_at: datetime | None


class ListedChunkWire(ChunkWire):
    other_files: int = Field(
        default=0,
        description="With `include=sharing`: in how many other live files of the caller's own the block also is.",
    )


class ChunksWire(Wire):
    items: list[ListedChunkWire]
    next_cursor: str | None


class PurgedWire(Wire):
    versions: int
    deleted_chunks: int
    failed_chunks: int
    kept_chunks: int
    freed_bytes: int


class EmptiedWire(PurgedWire):
    files: int
    until: datetime = Field(description="What was deleted later stays.")
    is_more: bool = Field(description="Ask again, with `until` as it stands here, until nothing is left.")


class ChangeWire(Wire):
    sequence: int
    event_id: UUID
    kind: str
    bucket_id: UUID
    file_id: UUID | None
    version_id: UUID | None
    previous_version: UUID | None
    path: str | None
    old_path: str | None
    group: UUID | None
    actor: UUID
    device: UUID | None
    at: datetime


class ChangesWire(Wire):
    items: list[ChangeWire]
    sequence: int
    more: bool


def document_of(value: Any, shape: type[Wire]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in shape.model_fields}


def file_document(version: FileVersion) -> dict[str, Any]:
    document = document_of(version, FileWire)
    document["content_hash"] = None if version.content_hash is None else version.content_hash.hex()
    return document


def result_document(result: Result) -> dict[str, Any]:
    return file_document(result.version) | {"sequence": result.sequence}


def chunk_document(chunk: StoredChunk, version: FileVersion) -> dict[str, Any]:
    """Never read before the version was made: when others' bytes were read, which happen to be the same, is their business."""
    proved_at = chunk.verified_at and max(chunk.verified_at, version.created_at)
    return document_of(chunk, ChunkWire) | {"id": str(chunk.id), "verified_at": proved_at}


def purged_document(purged: Purged) -> dict[str, Any]:
    return document_of(purged, PurgedWire)


def emptied_document(emptied: Emptied) -> dict[str, Any]:
    told = {"files": emptied.files, "until": emptied.until, "is_more": emptied.is_more}
    return purged_document(emptied.purged) | told


def change_document(change: Change) -> dict[str, Any]:
    return document_of(change, ChangeWire)


_ALWAYS: tuple[type[Problem], ...] = (Malformed, Unauthenticated, Forbidden, Invalid)


def answers(status: int, shape: type[Wire] | None, *kinds: type[Problem]) -> Responses:
    """The `responses` of a route for OpenAPI: what it answers, and each problem by its slug."""
    return {status: {"description": "Done", **({"model": shape} if shape else {})}} | problems(*_ALWAYS, *kinds)
