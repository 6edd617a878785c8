"""A store whose work is counted: how long each operation takes, how many bytes go through it, what fails and why."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from prometheus_client import Counter, Histogram

from block_storage.errors import BlockCorrupt
from block_storage.seam import Block, BlockStore, Presence, Proof, Wanted
from foundation.blocks import BlockName
from foundation.measures import PROCESS
from foundation.problems import Problem

_SECONDS = Histogram(
    "cairn_store_seconds",
    "Time of one operation on a block store",
    ["medium", "operation"],
    registry=PROCESS,
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
_ERRORS = Counter(
    "cairn_store_errors", "Operations on a block store that failed", ["medium", "operation", "kind"], registry=PROCESS
)
_BYTES = Counter("cairn_store_bytes", "Bytes of blocks stored and read", ["medium", "operation"], registry=PROCESS)
_PROOFS = Counter("cairn_store_proofs", "Blocks that were read back, by what it showed", ["health"], registry=PROCESS)

# By the scheme of a location. `service`: block storage by itself, which counts what its own medium does.
_MEDIA = {"file": "disk", "s3+http": "s3", "s3+https": "s3", "http": "service"}
_Bytes = bytes | bytearray | memoryview


def measured(store: BlockStore, location: str) -> BlockStore:
    """`store`, which lies at `location`, counted."""
    return MeasuredStore(store, _MEDIA.get(urlsplit(location).scheme, "memory"))


class MeasuredStore:
    """A decorator of BlockStore."""

    def __init__(self, store: BlockStore, medium: str) -> None:
        self._store, self._medium = store, medium

    @contextmanager
    def _timed(self, operation: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            self._failed(operation, error)
            raise
        finally:
            _SECONDS.labels(self._medium, operation).observe(time.perf_counter() - began)

    def _failed(self, operation: str, error: Exception) -> None:
        kind = error.slug if isinstance(error, Problem) else Problem.slug
        _ERRORS.labels(self._medium, operation, kind).inc()

    def _moved(self, operation: str, size: int) -> None:
        _BYTES.labels(self._medium, operation).inc(size)

    def put(self, name: BlockName, data: _Bytes) -> None:
        with self._timed("put"):
            self._store.put(name, data)
        self._moved("put", len(data))

    def put_many(self, blocks: Sequence[tuple[BlockName, _Bytes]]) -> list[BlockCorrupt | None]:
        with self._timed("put-many"):
            outcomes = self._store.put_many(blocks)
        for outcome in filter(None, outcomes):
            self._failed("put-many", outcome)
        stored = [data for (_, data), outcome in zip(blocks, outcomes, strict=True) if outcome is None]
        self._moved("put-many", sum(map(len, stored)))
        return outcomes

    def get(self, name: BlockName, xxh3: int) -> bytes:
        with self._timed("get"):
            data = self._store.get(name, xxh3)
        self._moved("get", len(data))
        return data

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        with self._timed("get-many"):
            found = self._store.get_many(blocks)
        self._moved("get-many", sum(map(len, found.values())))
        return found

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        with self._timed("check"):
            return self._store.check(names)

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        with self._timed("prove"):
            proofs = self._store.prove(names)
        for proof in proofs.values():
            _PROOFS.labels(proof.health.value).inc()
        return proofs

    def delete(self, names: Collection[BlockName]) -> None:
        with self._timed("delete"):
            self._store.delete(names)

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        with self._timed("list"):
            return self._store.list(after, limit)

    def read_meta(self, key: str) -> bytes:
        return self._store.read_meta(key)

    def replace_meta(self, key: str, data: bytes) -> None:
        self._store.replace_meta(key, data)

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        return self._store.list_meta(prefix)

    def delete_meta(self, key: str) -> None:
        self._store.delete_meta(key)

    def ready(self) -> None:
        self._store.ready()

    def close(self) -> None:
        self._store.close()
