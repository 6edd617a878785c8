"""Blocks to store in tests."""

import hashlib
from dataclasses import dataclass
from random import Random

import xxhash

from foundation.blocks import BlockId, BlockName


@dataclass(frozen=True)
class Sample:
    """A block with a name of its own."""

    name: BlockName
    data: bytes

    @property
    def xxh3(self) -> int:
        return xxhash.xxh3_64_intdigest(self.data)

    @property
    def path(self) -> str:
        """Below the root of a disk store."""
        return f"{str(self.name)[:2]}/{self.name}"


def sample(seed: int = 0, size: int = 1000, writer: int = 1) -> Sample:
    """The same seed and size give the same bytes, under a new name each time."""
    data = Random(seed).randbytes(size)
    return Sample(BlockName.new(BlockId(hashlib.sha256(data).digest()), writer), data)
