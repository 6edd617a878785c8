"""What a manifest says of a bucket, as records (docs/format.md). Immutable; times are aware UTC; sizes are bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.blocks import BlockName, Chunking
from metadata.model import Access, BlockState, Kind, Member, Naming, Versioning


@dataclass(frozen=True, slots=True)
class ManifestBucket:
    id: UUID
    owner: UUID
    name: str
    title: str
    versioning: Versioning
    naming: Naming
    chunking: Chunking
    keep_days: int | None
    trash_days: int
    quota_bytes: int | None  # the owner's
    members: Sequence[Member]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    purge_after: datetime | None


@dataclass(frozen=True, slots=True)
class ManifestFile:
    id: UUID
    path: str
    current_version: UUID
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ManifestVersion:
    """`content` None: a delete marker. `sequence`: of the change that made it; it orders a file's versions."""

    id: UUID
    file: UUID
    sequence: int
    content: UUID | None
    kind: Kind
    content_type: str
    etag: str
    access: Access
    executable: bool
    description: str
    tags: Mapping[str, str]
    modified_at: datetime | None
    created_at: datetime
    actor: UUID
    device: UUID | None
    is_null: bool
    purge_after: datetime | None


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """`content_hash`: SHA-256 of the concatenated SHA-256s of the chunks."""

    id: UUID
    size: int
    num_chunks: int
    content_hash: bytes
    digests: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ManifestChunks:
    """Chunks of a content that follow each other, beginning with number `index` at `offset`: (size, name, xxh3_64)."""

    content: UUID
    index: int
    offset: int
    chunks: Sequence[tuple[int, BlockName, int]]


@dataclass(frozen=True, slots=True)
class ManifestPerson:
    """Somebody who signs in here, by an address: whose id it is, should identity be lost too."""

    id: UUID
    email: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class ManifestGone:
    """What was there once and is not any more."""

    files: Sequence[UUID]
    versions: Sequence[UUID]


Record = (
    ManifestBucket | ManifestFile | ManifestVersion | ManifestContent | ManifestChunks | ManifestPerson | ManifestGone
)


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """How a part of a bucket is, all of the same moment: when its journal stood at `sequence`.

    `next_key`: what the next page takes, None at the end. Contents without their chunks: see Manifests.chunks.
    """

    sequence: int
    bucket: ManifestBucket
    files: Sequence[ManifestFile]
    versions: Sequence[ManifestVersion]
    contents: Sequence[ManifestContent]
    gone: ManifestGone
    next_key: str | None


@dataclass(frozen=True, slots=True)
class ManifestPart:
    """What was written at once: of everything (`after` 0), or of what changed behind `after`, up to `until`.

    `records`: how much that is, about; `gone`: how many ids it tells to be purged; `keys`: how many values of the store it takes.
    """

    name: str
    after: int
    until: int
    records: int
    gone: int
    keys: int


@dataclass(frozen=True, slots=True)
class ManifestDraft:
    """A part that is not whole yet: `part` as far as it is, and where it goes on. `part.until` -1: not known yet."""

    part: ManifestPart
    next_key: str | None


@dataclass(frozen=True, slots=True)
class ManifestTask:
    """A bucket whose manifests are to be written, and what of them is written. Who claimed it has it until the lease lapses.

    `is_gone`: it is purged, or about to be. `is_overdue`: something was purged so long ago that it must leave the manifests.
    `draft`: where an earlier worker stopped. `old`: parts that were replaced by `parts`, kept for a while; `is_old_over`: no longer.
    """

    bucket: UUID
    installation: UUID | None
    generation: int
    newest: int  # sequence of the bucket's newest change
    parts: Sequence[ManifestPart]
    draft: ManifestDraft | None
    old: Sequence[ManifestPart]
    is_old_over: bool
    is_gone: bool
    is_overdue: bool
    marks: int


@dataclass(frozen=True, slots=True)
class ManifestLag:
    """How many buckets have changes that no manifest has, and since when the oldest waits."""

    buckets: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RebuiltBlock:
    name: BlockName
    size: int
    xxh3: int
    state: BlockState
