"""What the catalogue's tests share: a caller, a bucket, blocks that claim to be durable, contents put in one call."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from foundation.blocks import MIB, BlockId, BlockName
from foundation.identity import Identity
from metadata import (
    Batch,
    Bucket,
    Catalogue,
    Chunk,
    CommitRequest,
    FileVersion,
    NewBucket,
    Precondition,
    Put,
    ReceivedBlock,
    Result,
    Target,
    Upload,
)

SCOPES = frozenset({"files"})
NO_CONDITION = Precondition()


def somebody() -> Identity:
    return Identity(user=uuid4(), device=uuid4(), scopes=SCOPES)


def chunk(text: str, size: int = 5_000) -> Chunk:
    """A chunk whose id follows from `text` and `size`; nobody has its bytes."""
    return Chunk(BlockId.of(f"{text}/{size}".encode()), size)


def chunks(*texts: str) -> list[Chunk]:
    """A legal list for a bucket of fixed chunking."""
    return [chunk(text, MIB) for text in texts[:-1]] + [chunk(text) for text in texts[-1:]]


def received(upload: Upload, wanted: Iterable[Chunk]) -> list[ReceivedBlock]:
    """These chunks' blocks under new names."""
    return [ReceivedBlock(BlockName.new(one.id, upload.writer), one.size, 7) for one in wanted]


@dataclass
class Desk:
    """One caller with one bucket of a catalogue."""

    catalogue: Catalogue
    me: Identity = field(default_factory=somebody)
    new: NewBucket = field(default_factory=lambda: NewBucket(name=f"bucket-{next(_NUMBERS)}"))
    bucket: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self.bucket = self.catalogue.buckets.create(self.me, self.new)

    @property
    def id(self) -> str:
        return str(self.bucket.id)

    def now(self) -> Bucket:
        return self.catalogue.buckets.get(self.me, self.id)

    def open(
        self, path: str, plan: Sequence[Chunk], precondition: Precondition = NO_CONDITION, **target: Any
    ) -> Upload:
        return self.catalogue.uploads.open(self.me, Target(self.id, path, **target), precondition, plan)[0]

    def basket(self, wanted: Sequence[Chunk] = ()) -> Upload:
        """An upload without a path, holding these."""
        upload = self.catalogue.uploads.open(self.me, None, Precondition(), [])[0]
        self.send(upload, wanted)
        return upload

    def send(self, upload: Upload, wanted: Sequence[Chunk]) -> list[ReceivedBlock]:
        blocks = received(upload, wanted)
        if blocks:
            self.catalogue.blocks.register(upload.id, blocks)
        return blocks

    def commit(self, upload: UUID, caller: Identity | None = None, **request: Any) -> Result:
        """Raises the problem that stands in the answer."""
        (outcome,) = self.catalogue.commits.commit([CommitRequest(caller or self.me, upload, **request)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def put(self, path: str, plan: Sequence[Chunk], precondition: Precondition = NO_CONDITION, **target: Any) -> Result:
        upload = self.open(path, plan, precondition, **target)
        self.send(upload, plan)
        return self.commit(upload.id)

    def apply(self, *operations: Any, **batch: Any) -> list[Result]:
        return list(self.catalogue.commits.apply(self.me, Batch(self.id, operations, **batch)).results)

    def put_all(self, files: dict[str, Sequence[Chunk]], **put: Any) -> list[Result]:
        upload = self.basket([one for plan in files.values() for one in plan])
        return self.apply(*(Put(path, plan, **put) for path, plan in files.items()), upload=upload.id)

    def at(self, path: str) -> FileVersion:
        return self.catalogue.files.find(self.me, self.id, path)

    def journal(self) -> list[tuple[int, str, str | None]]:
        changes = self.catalogue.journals.read(self.me, self.id, 0, 10_000).items
        return [(change.sequence, change.kind.value, change.path) for change in changes]


_NUMBERS = itertools.count(100)
