"""The catalogue's values, as they cross its seam. Immutable; times are aware UTC; sizes are bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from foundation.authorization import Role
from foundation.blocks import BlockId, BlockName, Chunking

T = TypeVar("T")


class Versioning(StrEnum):
    ON = "on"
    OFF = "off"
    SUSPENDED = "suspended"


class Naming(StrEnum):
    PORTABLE = "portable"
    S3 = "s3"


class Access(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


class Kind(StrEnum):
    FILE = "file"
    SYMLINK = "symlink"


class UploadState(StrEnum):
    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class BlockState(StrEnum):
    STORED = "stored"
    DAMAGED = "damaged"
    MISSING = "missing"


class ChangeKind(StrEnum):
    FILE_CREATED = "file.created"
    FILE_UPDATED = "file.updated"
    FILE_MOVED = "file.moved"
    FILE_DESCRIBED = "file.described"
    FILE_DELETED = "file.deleted"
    FILE_RESTORED = "file.restored"
    FILE_PURGED = "file.purged"
    BUCKET_CREATED = "bucket.created"
    BUCKET_UPDATED = "bucket.updated"
    BUCKET_DELETED = "bucket.deleted"
    BUCKET_RESTORED = "bucket.restored"
    BUCKET_SHARED = "bucket.shared"  # in the root journal of whom it is shared with
    BUCKET_UNSHARED = "bucket.unshared"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `next_key` is what the next call's `after` takes, None at the end."""

    items: Sequence[T]
    next_key: str | None = None


# --- buckets ---


@dataclass(frozen=True, slots=True)
class NewBucket:
    """`name` is derived from `title` if it is None; one of the two must be there."""

    name: str | None = None
    title: str | None = None
    versioning: Versioning = Versioning.ON
    naming: Naming = Naming.PORTABLE
    chunking: Chunking = Chunking.FIXED
    keep_days: int | None = None  # versions that were superseded are purged after these days; None: never by themselves
    trash_days: int = 30  # what was deleted (and, with versioning off or suspended, superseded); 0: at once


@dataclass(frozen=True, slots=True)
class BucketChanges:
    """What is None stays. `versioning` off after on becomes suspended; `keep_days` 0: never by themselves."""

    title: str | None = None
    name: str | None = None
    versioning: Versioning | None = None
    keep_days: int | None = None
    trash_days: int | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """While a deleted one is purged, its counters tell what is left of it."""

    id: UUID
    owner: UUID
    name: str
    title: str
    versioning: Versioning
    naming: Naming
    chunking: Chunking
    keep_days: int | None
    trash_days: int
    sequence: int  # of the newest change
    files: int  # live ones
    versions: int  # all, delete markers not counted
    logical_bytes: int  # of current versions
    version_bytes: int  # of all versions
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    role: Role  # the caller's
    restorable_until: datetime | None = None  # of a deleted one
    is_purging: bool = False  # deleted, and its time is over


@dataclass(frozen=True, slots=True)
class Member:
    user: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user's buckets hold, deleted ones until they are purged. `used_bytes` is what the quota is judged on."""

    used_bytes: int  # of every version that is kept, whatever its blocks share
    quota_bytes: int | None  # None: no quota
    buckets: int  # live ones
    files: int
    versions: int
    logical_bytes: int  # of current versions


@dataclass(frozen=True, slots=True)
class Closing:
    """What is left of a user whose account is being deleted. `is_empty`: nothing but the account's own row."""

    user: UUID
    since: datetime
    buckets: int
    files: int
    versions: int
    version_bytes: int
    uploads: int  # open ones
    is_empty: bool


# --- files and versions ---


@dataclass(frozen=True, slots=True)
class FileVersion:
    """An immutable state of a file. `content` None: a delete marker (then `size` is 0 and etag empty)."""

    version_id: UUID
    file_id: UUID
    bucket_id: UUID
    path: str  # the file's present one
    content: UUID | None
    size: int
    num_chunks: int
    content_hash: bytes | None  # SHA-256 of the concatenated SHA-256s of the chunks
    etag: str
    digests: Mapping[str, str]  # lower-case algorithm → hex, what a door computed
    content_type: str
    kind: Kind
    executable: bool
    access: Access
    description: str
    tags: Mapping[str, str]
    modified_at: datetime | None  # the client's
    created_at: datetime  # the database's
    actor: UUID
    device: UUID | None
    is_current: bool
    verified_at: datetime | None
    purge_after: datetime | None
    deleted_at: datetime | None  # of the file
    chunking: Chunking  # of the bucket


@dataclass(frozen=True, slots=True)
class Twin:
    file_id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class Twins:
    """Live files whose paths differ only in case or normal form: some disks cannot hold them beside each other."""

    files: Sequence[Twin]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """`include_deleted` also lists files in the trash (their delete marker), ordered by path, then file id."""

    prefix: str = ""
    delimiter: str = ""
    after: str | None = None  # the `next_key` of the page before
    limit: int = 100
    include_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """`items` and `prefixes` (common prefixes up to and including the delimiter), both in bytewise order."""

    items: Sequence[FileVersion]
    prefixes: Sequence[str]
    next_key: str | None


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What lies below a prefix, live files only. `is_capped`: there may be more of it than was counted.

    `files`: without the markers of empty folders. `changed_at`: when the newest of them was put or changed, None: there is none.
    `checking`, `failed`: whose newest check waits or goes on, or has failed.
    """

    prefix: str
    files: int
    logical_bytes: int
    changed_at: datetime | None
    checking: int
    failed: int
    is_capped: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A planned place of a block in a content."""

    id: BlockId
    size: int


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A block's place in a stored content, with all that reading it needs."""

    index: int
    offset: int
    size: int
    id: BlockId
    name: BlockName
    xxh3: int
    state: BlockState
    verified_at: datetime | None


# --- uploads and blocks ---


@dataclass(frozen=True, slots=True)
class Target:
    """What an upload of one file will publish. `base_version`: see Precondition."""

    bucket: str
    path: str
    size: int | None = None  # None: told at commit by the chunks
    content_type: str = ""  # "": guessed from the path
    modified_at: datetime | None = None
    executable: bool = False
    kind: Kind = Kind.FILE
    description: str | None = None  # None: kept from the version before
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must still hold when the commit judges, under the bucket's lock; else VersionConflict or PreconditionFailed.

    `base_version` with `has_base`: the file's current version, None: no live file has the path (VersionConflict).
    `if_match`: one of these etags, or "*" any; `if_none_match`: none of these, "*": no live file (PreconditionFailed).
    """

    has_base: bool = False
    base_version: UUID | None = None
    if_match: Sequence[str] = ()
    if_none_match: Sequence[str] = ()


NO_PRECONDITION = Precondition()


@dataclass(frozen=True, slots=True)
class Upload:
    id: UUID
    writer: int
    owner: UUID
    device: UUID | None
    bucket_id: UUID | None
    chunking: Chunking | None  # of the bucket
    target: Target | None
    precondition: Precondition
    state: UploadState
    planned_chunks: int
    size: int | None
    received_bytes: int  # of the plan's distinct blocks that it holds; of all that it holds where there is no plan
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedBlock:
    """A block whose bytes are durable under `name`."""

    name: BlockName
    size: int
    xxh3: int


# --- the journal ---


@dataclass(frozen=True, slots=True)
class Change:
    sequence: int
    event_id: UUID
    kind: ChangeKind
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


@dataclass(frozen=True, slots=True)
class Changes:
    """`sequence`: of the last item, or the journal's newest where there is none. `more`: read again at once."""

    items: Sequence[Change]
    sequence: int
    more: bool
