"""What this room is made of: given by who composes it, never constructed here."""

from dataclasses import dataclass, field
from typing import Protocol

from block_storage import BlockStore
from chunker.settings import ChunkerSettings
from metadata import Blocks, Buckets, Commits, Files, Uploads


class Seams(Protocol):
    """The catalogue, as much of it as bytes need."""

    @property
    def buckets(self) -> Buckets: ...
    @property
    def files(self) -> Files: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def commits(self) -> Commits: ...


@dataclass(frozen=True, slots=True)
class Parts:
    catalogue: Seams
    store: BlockStore
    settings: ChunkerSettings = field(default_factory=ChunkerSettings)
