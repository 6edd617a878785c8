"""Blocks in a dictionary: for tests and demonstrations; everything is gone with the process."""

import threading
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from block_storage.checksums import is_right_xxh3, require_known_codec, require_right
from block_storage.errors import BlockCorrupt, BlockDamaged, BlockNotFound
from block_storage.meta_keys import flat_name
from block_storage.seam import Block, Presence, Proof, Wanted
from block_storage.single_copy import proof_by_reading
from block_storage.together import right_ones
from foundation.blocks import BlockName


class MemoryBlockStore:
    """A BlockStore that keeps the contract of the seam, durability aside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[str, bytes] = {}
        self._meta: dict[str, bytes] = {}

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        kept = bytes(data)
        require_right(name, kept)
        with self._lock:
            self._blocks[str(name)] = kept

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        outcomes: list[BlockCorrupt | None] = []
        for name, data in blocks:
            try:
                self.put(name, data)
            except BlockCorrupt as problem:
                outcomes.append(problem)
            else:
                outcomes.append(None)
        return outcomes

    def get(self, name: BlockName, xxh3: int) -> bytes:
        require_known_codec(name)
        data = self._bytes(name)
        if not is_right_xxh3(data, xxh3):
            raise BlockDamaged(f"The bytes of the block {name.id} are not the right ones.")
        return data

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        return right_ones(blocks, self.get)

    def _bytes(self, name: BlockName) -> bytes:
        with self._lock:
            data = self._blocks.get(str(name))
        if data is None:
            raise BlockNotFound(f"The block {name.id} is not in the store.")
        return data

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        with self._lock:
            return {name: self._presence(name, size) for name, size in names}

    def _presence(self, name: BlockName, size: int) -> Presence:
        data = self._blocks.get(str(name))
        if data is None:
            return Presence.MISSING
        return Presence.PRESENT if len(data) == size else Presence.WRONG_SIZE

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        return {name: proof_by_reading(name, partial(self._bytes, name)) for name, _ in names}

    def delete(self, names: Collection[BlockName]) -> None:
        with self._lock:
            for name in names:
                self._blocks.pop(str(name), None)

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        with self._lock:
            names = sorted(self._blocks)
        start = bisect_right(names, str(after)) if after else 0
        return [BlockName.parse(name) for name in names[start : start + limit]]

    def read_meta(self, key: str) -> bytes:
        flat_name(key)
        with self._lock:
            data = self._meta.get(key)
        if data is None:
            raise BlockNotFound(f"The store has nothing under meta/{key}.")
        return data

    def replace_meta(self, key: str, data: bytes) -> None:
        flat_name(key)
        with self._lock:
            self._meta[key] = bytes(data)

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        with self._lock:
            keys = sorted(key for key in self._meta if key.startswith(prefix))
        yield from keys

    def delete_meta(self, key: str) -> None:
        flat_name(key)
        with self._lock:
            self._meta.pop(key, None)

    def ready(self) -> None:
        """Memory is always there."""

    def close(self) -> None:
        """What it holds goes with the object."""
