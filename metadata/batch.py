"""What a commit or a batch may do to the files of a bucket, and what it answers. Immutable values, as `metadata.model`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from metadata.model import NO_PRECONDITION, Access, Chunk, FileVersion, Kind, Precondition


@dataclass(frozen=True, slots=True)
class Put:
    path: str
    chunks: Sequence[Chunk]
    precondition: Precondition = NO_PRECONDITION
    content_type: str = ""
    modified_at: datetime | None = None
    executable: bool = False
    kind: Kind = Kind.FILE
    description: str | None = None
    tags: Mapping[str, str] | None = None
    etag: str | None = None  # what a door computed; None: DESIGN.md 4 "Versions"
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """To the trash. Exactly one of `file_id` and `path`."""

    file_id: UUID | None = None
    path: str | None = None
    precondition: Precondition = NO_PRECONDITION


@dataclass(frozen=True, slots=True)
class Move:
    """Another path; the file keeps its id. PathTaken if a live file has `to`.

    `to_bucket`: into another bucket, where the caller may write: a copy there and a delete here, with a new file id.
    """

    to: str
    file_id: UUID | None = None
    path: str | None = None
    precondition: Precondition = NO_PRECONDITION
    to_bucket: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A file's content and description, in one row, as a new version at `to` in the batch's bucket; a live file there gets a version.

    The source: `file_id`, in any bucket that the caller may read, or `path` in `from_bucket` (None: the batch's own);
    `version_id` None: its current version. `precondition` judges the target.
    """

    to: str
    file_id: UUID | None = None
    path: str | None = None
    version_id: UUID | None = None
    from_bucket: str | None = None
    precondition: Precondition = NO_PRECONDITION


@dataclass(frozen=True, slots=True)
class Describe:
    """Change what is not None; a new version where versioning is on, else the current one in place. Exactly one of `file_id`, `path`."""

    file_id: UUID | None = None
    path: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None
    access: Access | None = None
    content_type: str | None = None
    executable: bool | None = None
    precondition: Precondition = NO_PRECONDITION


@dataclass(frozen=True, slots=True)
class Restore:
    """Make an old version the current one again (a new version, the same content), or take a file out of the trash.

    `version_id` None: the version before the delete marker. `to`: another path, where the old one is taken.
    """

    file_id: UUID
    version_id: UUID | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder marker at `path` + `/`; harmless if it is there."""

    path: str


@dataclass(frozen=True, slots=True)
class MovePrefix:
    """Every live file below the folder `prefix` (and its marker) to the same place below `to`. Atomic, one group, at most 100,000."""

    prefix: str
    to: str


@dataclass(frozen=True, slots=True)
class DeletePrefix:
    """Every live file below the folder `prefix`, and its marker, into the trash. As MovePrefix."""

    prefix: str


@dataclass(frozen=True, slots=True)
class RestorePrefix:
    """Take back. Exactly one: `prefix`: all that is in the trash below it; `group`: undo what was done under that group id.

    Undo: what was deleted is restored, what was moved goes back, what was restored is deleted again; under a new group.
    """

    prefix: str | None = None
    group: UUID | None = None


PrefixOperation = MovePrefix | DeletePrefix | RestorePrefix
Operation = Put | Delete | Move | Copy | Describe | Restore | MakeFolder | PrefixOperation


@dataclass(frozen=True, slots=True)
class Result:
    """What one operation made: the new state, and its place in the journal (None: nothing had to change)."""

    version: FileVersion
    sequence: int | None
    created: bool = False  # a new file, or one back from the trash


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What an operation on a folder did: the id that undoes it, how many files, the last sequence (None: there was nothing)."""

    group: UUID
    files: int
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key: the same key with the same body answers the same, without doing it again (DESIGN.md 7)."""

    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations on one bucket, all or nothing, in order, one journal range. `upload` holds the blocks of the puts."""

    bucket: str
    operations: Sequence[Operation]
    upload: UUID | None = None
    base_sequence: int | None = None  # refuse with VersionConflict when a touched path changed after it
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    bucket_id: UUID
    sequence: int  # of the bucket after it
    results: Sequence[Result | GroupResult]
    repeated: bool = False  # the upload had been committed before; these are the versions it made then
    group: UUID | None = (
        None  # what undoes all of it: of several operations that each can be undone, or of one on a folder
    )

    @property
    def only(self) -> Result:
        """Of a batch of one operation that is on a file."""
        (result,) = self.results
        if isinstance(result, GroupResult):
            raise TypeError("an operation on a folder has no file of its own")
        return result


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge took away for good. Counted in the caller's own buckets only; bytes go after the retention of dead names."""

    versions: int
    deleted_chunks: int  # chunks of the purged versions whose block no other version of the owner's buckets has
    kept_chunks: int  # the others
    failed_chunks: int  # whose block had been damaged or missing before: there was nothing left to delete
    freed_bytes: int


@dataclass(frozen=True, slots=True)
class Emptied:
    """What went out of a trash for good: of its files those deleted up to `until`. `is_more`: ask again, with that `until`."""

    files: int
    purged: Purged
    until: datetime
    is_more: bool
