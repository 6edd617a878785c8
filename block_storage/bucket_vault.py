"""A vault in a bucket of an S3 store: its keys are the objects' names."""

from collections.abc import Collection, Iterator
from functools import partial
from hashlib import sha256

from block_storage.minio import MinioBlockStore
from block_storage.vault import required_key

_OBJECT_BYTES = 1 << 40


class BucketVault(MinioBlockStore):
    """As a block store in a bucket of its own speaks to it: bounded waits, repeats, checksums that the store verifies."""

    def write(self, key: str, data: bytes) -> None:
        self._ask(key, partial(self._put, required_key(key), data, sha256(data).digest()))

    def settle(self) -> None:
        """What an S3 store has answered for is durable."""

    def sweep(self, folder: str) -> None:
        """An object is there as a whole, or not at all."""

    def read(self, key: str) -> bytes:
        return self._ask(key, partial(self._read, required_key(key), _OBJECT_BYTES))

    def keys(self, folder: str) -> Iterator[tuple[str, int]]:
        found = self._ask(f"the list of {folder}", partial(self._listed, folder))
        yield from sorted((key, size) for key, size in found if not key.endswith("/"))

    def folders(self, folder: str) -> Iterator[str]:
        found = self._ask(f"the list of {folder}", partial(self._listed, folder))
        yield from sorted(key.rstrip("/").rpartition("/")[2] for key, _ in found if key.endswith("/"))

    def _listed(self, folder: str) -> list[tuple[str, int]]:
        prefix = f"{required_key(folder)}/" if folder else ""
        found = self._minio.list_objects(self._bucket, prefix=prefix)
        return [(item.object_name, item.size or 0) for item in found if item.object_name and item.object_name != prefix]

    def erase(self, keys: Collection[str]) -> None:
        remove = self._minio.remove_object
        for _ in self._threads.map(lambda key: self._ask(key, partial(remove, self._bucket, required_key(key))), keys):
            pass
