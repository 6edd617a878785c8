"""The catalogue's seams: narrow Protocols, one transaction a method (some say otherwise), all raising only metadata.errors.

`caller` is who asks: every method that takes one decides by foundation.authorization inside its own transaction, and
answers for what the caller may not see exactly as for what is not there. `bucket` is an id, or the name of one of the
caller's own. Methods without a caller are for services. All are synchronous and thread-safe.
*Repeatable* methods may be called again after an unknown outcome; the HTTP client repeats no others.
"""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from foundation.blocks import BlockId, BlockName
from foundation.identity import Identity
from foundation.problems import Problem
from foundation.repeatable import repeatable, repeatable_if
from metadata.batch import Batch, BatchResult, Emptied, Once, Purged, Result
from metadata.model import (
    NO_PRECONDITION,
    BlockState,
    Bucket,
    BucketChanges,
    Changes,
    Chunk,
    Closing,
    FileVersion,
    FolderFacts,
    Listing,
    ListQuery,
    Member,
    NewBucket,
    Page,
    Precondition,
    ReceivedBlock,
    StoredChunk,
    Target,
    Twins,
    Upload,
    UploadState,
    Usage,
)
from metadata.search_model import DayFigures, Figures, SearchQuery, StoreFigures


def _is_once(*arguments: object) -> bool:
    return any(isinstance(argument, Once) for argument in arguments)


def _publishes_once(_caller: Identity, batch: Batch) -> bool:
    return batch.once is not None or batch.upload is not None


class Buckets(Protocol):
    @repeatable_if(_is_once)
    def create(self, caller: Identity, new: NewBucket, once: Once | None = None) -> Bucket:
        """Raises BucketExists, BucketNameInvalid, IdempotencyKeyReused. Repeatable with `once`, here and below."""

    @repeatable
    def get(self, caller: Identity, bucket: str, *, deleted: bool = False) -> Bucket:
        """Raises BucketNotFound. `deleted`: by its id also one in the caller's own trash, or on its way out of it."""

    @repeatable
    def list(self, caller: Identity, after: str | None, limit: int, *, deleted: bool = False) -> Page[Bucket]:
        """The caller's own live ones and those shared with them, by name, bytewise, then id; `deleted`: the caller's trash."""

    def update(self, caller: Identity, bucket: str, changes: BucketChanges) -> Bucket:
        """Raises BucketExists, BucketNameInvalid."""

    def delete(self, caller: Identity, bucket: str, *, recursive: bool, purge: bool = False) -> datetime:
        """Into the owner's trash, its name is free; the time until which it is kept. Raises BucketNotEmpty unless `recursive`.

        `purge`: kept no longer, also one that is in the trash already, by its id.
        """

    @repeatable_if(_is_once)
    def restore(self, caller: Identity, bucket: str, name: str | None = None, once: Once | None = None) -> Bucket:
        """Out of the trash, by its id, under its old name or `name`. Raises BucketNotFound, BucketExists, BucketNameInvalid."""

    @repeatable
    def empty_trash(
        self, caller: Identity, bucket: str, until: datetime | None = None, only: Sequence[UUID] | None = None
    ) -> Emptied:
        """For good, what was deleted up to `until`, None: now, and of these files, None: of all. For the owner.

        In slices, for some seconds: ask until nothing is left.
        """


class Members(Protocol):
    """Who else may use a bucket, by user id. Effective at the member's next request, in open uploads too."""

    @repeatable
    def list(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[Member]:
        """For the owner, who stands first; the others by id."""

    @repeatable
    def set(self, caller: Identity, bucket: str, member: Member) -> Member:
        """Share it, or change the role. For the owner. Raises Invalid for the role of owner, and for the owner's own."""

    @repeatable
    def remove(self, caller: Identity, bucket: str, user: UUID) -> None:
        """For the owner; members may remove themselves. Raises MemberNotFound, Invalid for the owner."""


class Accounts(Protocol):
    @repeatable
    def usage(self, caller: Identity) -> Usage:
        """What the caller's buckets hold and may hold."""

    @repeatable
    def set_quota(self, caller: Identity, user: UUID, quota_bytes: int | None) -> Usage:
        """For administrators. None: no quota. What is there already stays, however much it is."""

    @repeatable
    def close(self, caller: Identity, user: UUID) -> Closing:
        """For administrators: everything of `user` goes, by Collection.close_accounts; nothing new begins. Twice is fine.

        Others' data stays, copies of the user's files in their buckets too; journals stay.
        """

    @repeatable
    def closing(self, caller: Identity, user: UUID) -> Closing | None:
        """For administrators: how far that is. None: the account is gone, or does not close."""


class Files(Protocol):
    @repeatable
    def get(self, caller: Identity, file_id: UUID, version_id: UUID | None = None) -> FileVersion:
        """The current version (a delete marker where the file is in the trash), or the one asked for."""

    @repeatable
    def find(self, caller: Identity, bucket: str, path: str, version_id: UUID | None = None) -> FileVersion:
        """The live file at `path`, for reading its content: `access` public lets everybody in. Raises FileNotFound, VersionNotFound."""

    @repeatable
    def content(self, caller: Identity, file_id: UUID, version_id: UUID) -> FileVersion:
        """One version for reading its content."""

    @repeatable
    def list(self, caller: Identity, bucket: str, query: ListQuery) -> Listing:
        """Live files by path, bytewise. Seeks past each common prefix; costs what it returns, whatever the bucket holds."""

    @repeatable
    def folders(self, caller: Identity, bucket: str, prefixes: Sequence[str]) -> Sequence[FolderFacts]:
        """Of each prefix, "" is the whole bucket. Looks at some 10,000 files of each, and 200,000 of all."""

    @repeatable
    def trash(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[FileVersion]:
        """What can be taken back, by path: the delete markers, with `deleted_at` and `purge_after`."""

    @repeatable
    def twins(self, caller: Identity, bucket: str, after: str | None, limit: int) -> Page[Twins]:
        """At most `limit` groups. A page looks at a bounded number of paths: it may hold few groups and not be the last."""

    @repeatable
    def versions(self, caller: Identity, file_id: UUID, after: str | None, limit: int) -> Page[FileVersion]:
        """Newest first, delete markers included."""

    @repeatable
    def chunks(self, content: UUID, first_index: int, limit: int) -> Sequence[StoredChunk]:
        """In order, beginning with `first_index`. For those who were given `content` by one of the methods above."""

    @repeatable
    def chunks_of(self, several: Several[UUID]) -> Mapping[UUID, Sequence[StoredChunk]]:
        """As `chunks`, all of several short contents. Raises Invalid for more than 10,000 chunks together."""

    @repeatable
    def sharing(self, caller: Identity, file_id: UUID, blocks: Sequence[BlockId]) -> Sequence[int]:
        """For each block, in how many of the caller's own other live files it is. Raises Invalid where that takes too long."""

    @repeatable
    def contents(self, caller: Identity, bucket: str, versions: Several[UUID]) -> Mapping[UUID, FileVersion]:
        """Versions of files of one bucket for reading their content; what is not there, or is a deletion, is left out."""

    @repeatable
    def chunk_at(self, content: UUID, offset: int) -> int:
        """The index of the chunk that holds byte `offset`."""

    @repeatable
    def purge(
        self, caller: Identity, file_id: UUID, version_id: UUID | None, precondition: Precondition = NO_PRECONDITION
    ) -> Purged:
        """Remove one version but the current, or the whole file, for good, if `precondition` holds for the file. Repeatable."""


class Uploads(Protocol):
    @repeatable_if(_is_once)
    def open(
        self,
        caller: Identity,
        target: Target | None,
        precondition: Precondition,
        chunks: Sequence[Chunk],
        once: Once | None = None,
    ) -> tuple[Upload, Sequence[BlockId]]:
        """A new upload with the first of its planned chunks (at most 10,000), and which of these blocks must be sent.

        Blocks the caller already holds are held for the upload at once. Raises ChunksInvalid, PathInvalid, BucketNotFound,
        and VersionConflict, PathTaken early where they are already certain.
        """

    @repeatable
    def plan(self, caller: Identity, upload: UUID, first_index: int, chunks: Sequence[Chunk]) -> Sequence[BlockId]:
        """More planned chunks; which of these must be sent. Repeatable: a page that is there already must be equal."""

    @repeatable
    def get(self, caller: Identity, upload: UUID) -> Upload:
        """Raises UploadNotFound."""

    @repeatable
    def missing(self, caller: Identity, upload: UUID, after: BlockId | None, limit: int) -> Sequence[BlockId]:
        """Planned blocks that it does not hold stored, by id."""

    @repeatable
    def list(self, caller: Identity, after: str | None, limit: int) -> Page[Upload]:
        """The caller's open ones, newest first."""

    @repeatable
    def end(self, caller: Identity, upload: UUID) -> UploadState:
        """Abort. What only it held becomes collectable. Repeatable; one that was committed stays so (UploadEnded)."""


class Blocks(Protocol):
    def register(self, upload: UUID, received: Sequence[ReceivedBlock]) -> None:
        """Blocks whose bytes are durable become the upload's and its owner's (ALGORITHMS.md 1, "Register").

        Raises UploadEnded (the names are dead then); Invalid for a name of another writer; OutcomeUnknown.
        NEVER repeated with the same names.
        """

    @repeatable
    def claim(self, caller: Identity, upload: UUID, ids: Several[BlockId]) -> set[BlockId]:
        """Hold without bytes what the caller holds already and is stored: a dedup hit. Which it now holds. Repeatable."""

    @repeatable
    def judge(self, verdicts: Mapping[BlockName, BlockState]) -> None:
        """What a read showed, written only where the name judged is still the block's. STORED: read and hashed. Repeatable."""


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """Publish the planned file of an upload. `chunks`: the plan of a stream, known only now. `etag`, `digests`: see Put.

    `bucket`: the upload's, where it is known: commits that wait for the same one share a transaction.
    """

    caller: Identity
    upload: UUID
    chunks: Sequence[Chunk] | None = None
    etag: str | None = None
    digests: Mapping[str, str] | None = None
    bucket: UUID | None = None


class Commits(Protocol):
    @repeatable
    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        """Publish, each by itself: one may fail without the others; they share a transaction. Repeatable.

        Problems: BlocksMissing, VersionConflict, PreconditionFailed, PathTaken, QuotaExceeded, UploadEnded, UploadNotFound, BucketNotFound,
        ChunksInvalid.
        """

    @repeatable_if(_publishes_once)
    def apply(self, caller: Identity, batch: Batch) -> BatchResult:
        """All operations or none. Repeatable with `once`, an upload (it publishes once), or preconditions that it breaks itself.

        VersionConflict, PathTaken and the like carry `conflicts`: one {operation, path, problem} each.
        """


class Journals(Protocol):
    @repeatable
    def read(self, caller: Identity, bucket: str, after: int, limit: int) -> Changes:
        """The bucket's changes after a sequence, gap-free. Raises CursorExpired."""

    @repeatable
    def read_root(self, caller: Identity, after: int, limit: int) -> Changes:
        """The caller's own root journal: buckets that came, changed, went."""

    @repeatable
    def sequences(self, journals: Several[UUID]) -> Mapping[UUID, int]:
        """The newest sequence of each bucket or (for root journals) user, in one statement. For the poller."""


class Search(Protocol):
    @repeatable
    def find(self, caller: Identity, query: SearchQuery) -> Page[FileVersion]:
        """Current versions of live files in the caller's own buckets and those shared with them, by bucket id and path, bytewise.

        A page may be shorter than `limit`, even empty, and not be the last: `next_key` alone tells. Raises Invalid (with
        the `field`), CursorInvalid, BucketNotFound for a `bucket` that the caller may not see.
        """


class Statistics(Protocol):
    @repeatable
    def of_caller(self, caller: Identity, bucket: str | None = None) -> Figures:
        """Of the caller's own live buckets, or of `bucket`. Tells nothing of what others store. Raises BucketNotFound."""

    @repeatable
    def growth(self, caller: Identity, bucket: str | None, days: int) -> Sequence[DayFigures]:
        """Of the last `days` (at most 366), today included, the oldest first; days on which nobody looked are left out.

        Of `bucket`, else of all that the caller owns; what is in the trash by now counts in the days before it came there.
        Raises BucketNotFound.
        """

    @repeatable
    def of_store(self, caller: Identity) -> StoreFigures:
        """Of the whole installation. Raises Forbidden for who may not administer it, DatabaseUnavailable."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Which life of which installation. The store's `meta/` carries the same; not settled: it may be one behind."""

    installation: UUID
    number: int
    is_settled: bool


@dataclass(frozen=True, slots=True)
class RegisteredBlock:
    """What an audit asks a store about. `stored_size` in bytes, as it lies in the store."""

    name: BlockName
    stored_size: int
    xxh3: int
    state: BlockState


class Installation(Protocol):
    """The database's side of the two truths (ALGORITHMS.md 7), and what compares it with a store."""

    @repeatable
    def read(self) -> Generation | None:
        """None: it never began."""

    @repeatable
    def begin(self, id: UUID) -> Generation:
        """Generation 1 of `id`, not settled; what is there where it began already."""

    @repeatable
    def replace(self, old: Generation, new: Generation) -> bool:
        """Compare and set; False where it is not `old` any more."""

    @repeatable
    def newest_writer(self) -> int:
        """The highest number that an upload ever got, 0 before the first."""

    @repeatable
    def raise_writer(self, at_least: int) -> None:
        """The next upload's number is above `at_least`."""

    @repeatable
    def registered(self, after: BlockId | None, limit: int = 1000) -> Sequence[RegisteredBlock]:
        """A page of the registered blocks behind `after`, by id."""

    @repeatable
    def unregistered(self, names: Several[BlockName]) -> set[BlockName]:
        """Of names seen in the store: those that Collection.bury_orphans would take."""

    @repeatable
    def dead(self) -> int:
        """How many dead names wait to be erased."""

    @repeatable
    def waiting(self) -> Mapping[str, int]:
        """How many rows collection has before it: candidates that are `contents` and `blocks`, and dead `names`."""

    @repeatable
    def clock(self) -> datetime:
        """The database's."""
