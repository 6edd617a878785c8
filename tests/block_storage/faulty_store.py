"""A block store that fails by a readable script."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from block_storage import (
    Block,
    BlockCorrupt,
    BlockDamaged,
    BlockStore,
    Health,
    Presence,
    Proof,
    StorageFailed,
    StorageFull,
    Wanted,
)
from foundation.blocks import BlockName

T = TypeVar("T")


class FaultyBlockStore:
    """Passes on to `inner`. One letter of `script` per call, whichever method; after the last all is well:

    r  right: passed on
    E  error before anything is done (StorageFailed); `check` and `prove` say UNKNOWN
    L  lost answer: done, then StorageFailed
    F  full: puts are refused (StorageFull), everything else is right
    D  damaged: reads find no right bytes (BlockDamaged), everything else is right
    """

    def __init__(self, inner: BlockStore, script: str = "") -> None:
        if wrong := set(script) - set("rELFD"):
            raise ValueError(f"no such faults: {wrong}")
        self._inner = inner
        self._script = iter(script)
        self._lock = threading.Lock()

    def _next(self) -> str:
        with self._lock:
            return next(self._script, "r")

    def _act(self, act: Callable[[], T], fault: str | None = None) -> T:
        fault = fault or self._next()
        if fault == "E":
            raise StorageFailed("scripted")
        done = act()
        if fault == "L":
            raise StorageFailed("scripted, after it was done")
        return done

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        fault = self._next()
        if fault == "F":
            raise StorageFull("scripted")
        self._act(lambda: self._inner.put(name, data), fault)

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        fault = self._next()
        if fault == "F":
            raise StorageFull("scripted")
        return self._act(lambda: self._inner.put_many(blocks), fault)

    def get(self, name: BlockName, xxh3: int) -> bytes:
        fault = self._next()
        if fault == "D":
            raise BlockDamaged("scripted")
        return self._act(lambda: self._inner.get(name, xxh3), fault)

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        fault = self._next()
        return {} if fault == "D" else self._act(lambda: self._inner.get_many(blocks), fault)

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        if self._next() in "EL":
            return {name: Presence.UNKNOWN for name, _ in names}
        return self._inner.check(names)

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        fault = self._next()
        if fault == "D":
            return {name: Proof(Health.DAMAGED, "scripted") for name, _ in names}
        proofs = {name: Proof(Health.UNKNOWN) for name, _ in names} if fault == "E" else self._inner.prove(names)
        return {name: Proof(Health.UNKNOWN) for name, _ in names} if fault == "L" else proofs

    def delete(self, names: Collection[BlockName]) -> None:
        self._act(lambda: self._inner.delete(names))

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        return self._act(lambda: self._inner.list(after, limit))

    def read_meta(self, key: str) -> bytes:
        return self._act(lambda: self._inner.read_meta(key))

    def replace_meta(self, key: str, data: bytes) -> None:
        fault = self._next()
        if fault == "F":
            raise StorageFull("scripted")
        self._act(lambda: self._inner.replace_meta(key, data), fault)

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        return self._act(lambda: self._inner.list_meta(prefix))

    def delete_meta(self, key: str) -> None:
        self._act(lambda: self._inner.delete_meta(key))

    def ready(self) -> None:
        self._act(self._inner.ready)

    def close(self) -> None:
        self._inner.close()
