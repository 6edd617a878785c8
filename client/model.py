"""What the server tells, as the client's values. Immutable; times are aware UTC; sizes are bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from foundation.blocks import BlockId, Chunking


@dataclass(frozen=True, slots=True)
class PurgeLeft:
    """What is left of a bucket that is on its way out."""

    files: int
    versions: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """`logical_bytes` of current versions, `version_bytes` of all; `role` is the caller's: owner, editor or viewer."""

    id: str
    name: str
    title: str
    versioning: str
    chunking: Chunking
    files: int
    logical_bytes: int
    naming: str = "portable"
    keep_days: int | None = None
    trash_days: int = 30
    versions: int = 0
    version_bytes: int = 0
    role: str = "owner"
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    restorable_until: datetime | None = None
    purge: PurgeLeft | None = None

    @property
    def address(self) -> str:
        """What the caller addresses it by: names are the owner's own, a shared bucket has only its id."""
        return self.name if self.role == "owner" else self.id


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as it is in one version. `bucket` is the name or id that was asked with.

    `content_hash`: SHA-256 of the chunks' binary ids, hex; "" for a delete marker.
    """

    file_id: str
    version_id: str
    bucket: str
    path: str
    size: int
    num_chunks: int
    content_hash: str
    etag: str
    content_type: str
    kind: str
    is_executable: bool
    modified_at: datetime | None
    created_at: datetime | None
    is_current: bool
    purge_after: datetime | None
    verified_at: datetime | None = None
    is_failed: bool = False  # its newest check found parts damaged or missing: who still has the bytes should send them

    @property
    def is_folder(self) -> bool:
        return self.path.endswith("/")

    @property
    def is_deleted(self) -> bool:
        return not self.content_hash


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file with what people say of it. `access`: private or public; `deleted_at` of one in the trash."""

    file: RemoteFile
    description: str
    tags: Mapping[str, str]
    access: str
    verified_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """What was done to `files` files at once; `id` undoes it."""

    id: str
    files: int


@dataclass(frozen=True, slots=True)
class Member:
    """With whom a bucket is shared."""

    user_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Listing:
    """`prefixes`: what lies deeper, up to and including the delimiter. Both in bytewise order."""

    files: tuple[RemoteFile, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    index: int
    offset: int
    size: int
    id: BlockId


@dataclass(frozen=True, slots=True)
class Committed:
    """What a put made. `sent_bytes` of its `size` had to travel; the server held the rest."""

    bucket_id: str
    path: str
    file_id: str
    version_id: str
    size: int
    content_hash: str
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class Refused:
    """One file of many that was not copied, and why. `place` is where it lies or should have gone."""

    place: str
    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class Damage:
    """`chunk` is None where the whole chunk list is wrong or cannot be had."""

    bucket: str
    path: str
    chunk: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read and hashed. Blocks that many files share were read once."""

    files: int
    blocks: int
    bytes: int
    damaged: tuple[Damage, ...]
