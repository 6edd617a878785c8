"""The catalogue's seams for manifests and for beginning anew from them (ALGORITHMS.md 9). One transaction a method."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from foundation.blocks import BlockName
from foundation.repeatable import repeatable
from metadata.manifest_model import (
    ManifestBucket,
    ManifestChunks,
    ManifestContent,
    ManifestDraft,
    ManifestFile,
    ManifestLag,
    ManifestPage,
    ManifestPart,
    ManifestTask,
    ManifestVersion,
    RebuiltBlock,
)


class Manifests(Protocol):
    """The journals' consumer, from sequence 0: what is to be written, and how far it is. For workers only."""

    @repeatable
    def mark(self, first: UUID | None = None, accounts: int = 2000) -> UUID | None:
        """Follow the root journals of so many accounts, from `first` on: the buckets they name are to be written.

        At most 1,000 changes. The account to go on with, None behind the last.
        """

    def claim(self, worker: str, limit: int, lease: timedelta, kept: timedelta) -> Sequence[ManifestTask]:
        """Buckets with something to write, or to take away, that nobody else has; what the worker has already, again.

        `kept`: how long what was purged, or replaced, may still be in manifests.
        """

    @repeatable
    def keep(self, worker: str, bucket: UUID, draft: ManifestDraft, lease: timedelta) -> bool:
        """So far the draft is, from where whoever comes next goes on; the lease begins anew. False: it is not this worker's any more,
        so stop. A draft is kept before its first value is written, so that no value is without a name that is known."""

    @repeatable
    def everything(self, bucket: UUID, key: str | None, limit: int = 500) -> ManifestPage | None:
        """A page of all versions of all files, by path. None: the bucket is gone.

        What moves while one walks may be met twice or never: `changed` behind the first page's sequence tells it whole.
        """

    @repeatable
    def changed(self, bucket: UUID, after: int, limit: int = 200) -> ManifestPage | None:
        """What the next changes behind `after` are about, as it is now; contents of versions that are newer than `after`, and all of
        files that moved. `next_key` is the sequence that the next page takes as `after`."""

    @repeatable
    def chunks(self, contents: Several[UUID], first_index: int, limit: int = 5000) -> Sequence[ManifestChunks]:
        """At most `limit` chunks of these, by content and index, those of the first content from `first_index` on."""

    def advance(
        self, worker: str, task: ManifestTask, parts: Sequence[ManifestPart], old: Sequence[ManifestPart]
    ) -> bool:
        """These are the manifests of the task's bucket now, and the lease ends. False, and nothing is noted, if it is not the worker's
        any more. What was purged up to the first of `parts`, where that is new, has left the manifests."""

    @repeatable
    def forget(self, worker: str, bucket: UUID) -> bool:
        """Nothing of it is in manifests any more."""

    @repeatable
    def known(self, buckets: Several[UUID]) -> Mapping[UUID, Sequence[str]]:
        """Names of parts that are in use, by bucket. One that is not named will never be again."""

    @repeatable
    def restart(self) -> None:
        """All is to be written anew: the database is another one than that which wrote."""

    @repeatable
    def lag(self) -> ManifestLag:
        """For metrics."""


class Rebuilding(Protocol):
    """A catalogue without anything in it is filled, in one transaction: what is cut off leaves nothing. Buckets first, then files of
    each, blocks before contents, contents before versions. What is there already is left as it is."""

    def add_bucket(self, bucket: ManifestBucket, sequence: int) -> None:
        """`sequence`: that the old journal had reached, as far as is known."""

    def add_blocks(self, owner: UUID, found: Sequence[RebuiltBlock]) -> None:
        """Which `owner` holds."""

    def add_contents(self, found: Sequence[ManifestContent]) -> None: ...

    def add_chunks(self, found: Sequence[ManifestChunks]) -> None: ...

    def add_files(self, bucket: ManifestBucket, found: Sequence[tuple[ManifestFile, ManifestVersion]]) -> None:
        """Each with its current version."""

    def add_versions(self, bucket: ManifestBucket, found: Sequence[ManifestVersion]) -> None: ...

    def unregistered(self, names: Several[BlockName]) -> set[BlockName]:
        """Of names seen in the store: those of which nothing is known."""

    def keep(self, names: Several[BlockName], until: datetime) -> None:
        """Nothing erases these before."""

    def end_bucket(self, bucket: ManifestBucket) -> None:
        """Its counters, its journal, and the work of verifying it."""

    def finish(self, id: UUID, generation: int, writer: int) -> None:
        """Of which installation the store is, which of its lives, and which upload number it has come to."""
