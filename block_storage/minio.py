"""Blocks as objects of an S3 store, by the minio client: `<name>` and `meta/<key>` in one bucket, and only PUT, GET, HEAD, DELETE, LIST."""

import base64
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import TypeVar
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from block_storage.checksums import is_right_xxh3, require_known_codec, require_right
from block_storage.errors import BlockCorrupt, BlockDamaged, BlockNotFound, StorageFailed, StorageFull
from block_storage.meta_keys import flat_name, key_from
from block_storage.s3_connections import NetworkLimits, bounded_pool, whole_body
from block_storage.seam import Block, Health, Presence, Proof, Wanted
from block_storage.single_copy import Outage, proof_by_reading
from block_storage.together import right_ones
from foundation.blocks import MAX_BLOCK_BYTES, MIB, BlockName
from foundation.problems import Problem
from foundation.retries import RetryBudget, RetryTimes

_T = TypeVar("_T")
_META = "meta/"
_META_BYTES = 1 << 40
_PROVERS = 4
_READ_AT_ONCE = 8
_LEAST_PART_BYTES = 5 * MIB
_FULL = {
    "QuotaExceeded",
    "XMinioStorageFull",
    "XMinioAdminBucketQuotaExceeded",
    "InsufficientStorage",
    "EntityTooLargeForQuota",
}
# Refusals that the same request may not meet again. A wrong digest is damage on the way.
_PASSING = {
    "SlowDown",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
    "BadDigest",
    "XAmzContentChecksumMismatch",
}
# What minio lets through from the parsing of an answer that is not S3's, as a captive portal's.
_MINIO_ERRORS = (MinioException, HTTPError, ParseError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is and who asks. `endpoint`: host[:port]."""

    endpoint: str
    bucket: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    region: str = "us-east-1"
    is_secure: bool = True


class MinioBlockStore:
    """A BlockStore in a bucket. Durable as far as the S3 store is when it answers a PUT."""

    def __init__(
        self,
        address: BucketAddress,
        initialise: bool = False,
        limits: NetworkLimits | None = None,
        retries: RetryTimes | None = None,
    ) -> None:
        """Open the bucket; `initialise` makes it if it is missing. Raises StorageFailed."""
        self._bucket = address.bucket
        self._limits = limits or NetworkLimits()
        self._budget = RetryBudget(retries or RetryTimes())
        self._pool = bounded_pool(self._limits)
        self._minio = Minio(
            address.endpoint,
            address.key,
            address.secret,
            secure=address.is_secure,
            region=address.region,
            http_client=self._pool,
        )
        self._threads = ThreadPoolExecutor(self._limits.connections // 2, "s3")
        # Of their own: whoever stores must not wait behind thousands of blocks that are read, or read back.
        self._provers = ThreadPoolExecutor(_PROVERS, "s3-prove")
        self._readers = ThreadPoolExecutor(self._limits.connections, "s3-read")
        try:
            self._open_bucket(initialise)
        except BaseException:
            self.close()
            raise

    def _open_bucket(self, initialise: bool) -> None:
        if not self._ask("the bucket", partial(self._minio.bucket_exists, self._bucket)):
            if not initialise:
                raise StorageFailed(f"The S3 store has no bucket {self._bucket}.")
            self._ask("the bucket", partial(self._minio.make_bucket, self._bucket))

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        require_right(name, data)
        self._ask(f"the block {name.id}", partial(self._put, str(name), bytes(data), name.id))

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        puts = [self._threads.submit(self._put_right, name, data) for name, data in blocks]
        # What has not begun when one fails is left, and nothing goes on behind the caller's back.
        for future in wait(puts, return_when=FIRST_EXCEPTION).not_done:
            future.cancel()
        wait(puts)
        if failed := next((future for future in puts if not future.cancelled() and future.exception()), None):
            failed.result()
        return [future.result() for future in puts]

    def _put_right(self, name: BlockName, data: bytes | bytearray | memoryview) -> BlockCorrupt | None:
        try:
            self.put(name, data)
        except BlockCorrupt as problem:
            return problem
        return None

    def _put(self, key: str, data: bytes, digest: bytes) -> None:
        # Signed and verified by the store; x-amz-content-sha256 is not verified by all of them.
        checksum = base64.b64encode(digest).decode()
        self._minio.put_object(
            self._bucket,
            key,
            io.BytesIO(data),
            len(data),
            metadata={"x-amz-checksum-sha256": checksum},
            part_size=max(len(data), _LEAST_PART_BYTES),  # One PUT: the checksum is the whole object's.
        )

    def get(self, name: BlockName, xxh3: int) -> bytes:
        require_known_codec(name)
        for _ in range(2):  # The second look tells damage on the way from damage at rest.
            data = self._block(name)
            if is_right_xxh3(data, xxh3):
                return data
        raise BlockDamaged(f"The bytes of the block {name.id} in the S3 store are not the right ones.")

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        return right_ones(blocks, self.get, self._side_by_side)

    def _side_by_side(self, act: Callable[[Wanted], _T], blocks: Collection[Wanted]) -> Iterator[_T]:
        left = iter(blocks)
        # Never all of them: who wants four has a turn between those of who wants a thousand.
        while some := tuple(islice(left, _READ_AT_ONCE)):
            yield from self._readers.map(act, some)

    def _block(self, name: BlockName) -> bytes:
        """Whatever lies under the name; a body beyond a block's length is cut. Raises BlockNotFound, StorageFailed."""
        return self._ask(f"the block {name.id}", partial(self._read, str(name), MAX_BLOCK_BYTES))

    def _read(self, key: str, limit: int) -> bytes:
        return whole_body(self._minio.get_object(self._bucket, key), self._limits.body_seconds, limit)

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        outage = Outage(self._has_bucket, self._limits.call_seconds)

        def look(name: BlockName, size: int) -> Presence:
            if outage.is_known:
                return Presence.UNKNOWN
            try:
                found = self._ask("a block", partial(self._minio.stat_object, self._bucket, str(name)))
            except BlockNotFound:
                return Presence.MISSING
            except Problem:
                outage.failed()
                return Presence.UNKNOWN
            return Presence.PRESENT if found.size == size else Presence.WRONG_SIZE

        order = list(names)
        looks = dict(zip((name for name, _ in order), self._threads.map(lambda pair: look(*pair), order), strict=True))
        if Presence.MISSING in looks.values() and not self._has_bucket():
            # A HEAD has no body to say whether the object or its bucket is not there.
            return {name: Presence.UNKNOWN if look is Presence.MISSING else look for name, look in looks.items()}
        return looks

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        outage = Outage(self._has_bucket, self._limits.call_seconds)
        down = Proof(Health.UNKNOWN, "the store does not answer")

        def read_back(name: BlockName) -> Proof:
            if outage.is_known:
                return down
            try:
                return proof_by_reading(name, partial(self._block, name))
            except Problem:
                outage.failed()
                return down

        order = [name for name, _ in names]
        proofs = dict(zip(order, self._provers.map(read_back, order), strict=True))
        if any(proof.health is Health.MISSING for proof in proofs.values()) and not self._has_bucket():
            return {name: down if proof.health is Health.MISSING else proof for name, proof in proofs.items()}
        return proofs

    def _has_bucket(self) -> bool:
        try:
            self.ready()
        except StorageFailed:
            return False
        return True

    def delete(self, names: Collection[BlockName]) -> None:
        remove = self._minio.remove_object
        for _ in self._threads.map(lambda name: self._ask("a block", partial(remove, self._bucket, str(name))), names):
            pass

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        return self._ask("the list of blocks", lambda: list(islice(self._names(str(after) if after else None), limit)))

    def _names(self, after: str | None) -> Iterator[BlockName]:
        # Not recursive: what lies under meta/ comes as one entry, which is no name.
        for item in self._minio.list_objects(self._bucket, start_after=after):
            try:
                yield BlockName.parse(item.object_name or "")
            except ValueError:
                continue

    def read_meta(self, key: str) -> bytes:
        return self._ask(f"meta/{key}", partial(self._read, _META + flat_name(key), _META_BYTES))

    def replace_meta(self, key: str, data: bytes) -> None:
        self._ask(f"meta/{key}", partial(self._put, _META + flat_name(key), bytes(data), sha256(data).digest()))

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        start = _META + prefix.replace("/", "=")

        def keys() -> list[str]:
            found = self._minio.list_objects(self._bucket, prefix=start)
            names = ((item.object_name or "").removeprefix(_META) for item in found)
            return sorted(key for name in names if (key := key_from(name)))

        yield from self._ask("the list of meta/", keys)

    def delete_meta(self, key: str) -> None:
        self._ask(f"meta/{key}", partial(self._minio.remove_object, self._bucket, _META + flat_name(key)))

    def ready(self) -> None:
        if not self._ask("the bucket", partial(self._minio.bucket_exists, self._bucket)):
            raise StorageFailed(f"The S3 store has no bucket {self._bucket}.")

    def close(self) -> None:
        self._provers.shutdown()
        self._readers.shutdown()
        self._threads.shutdown()
        self._pool.clear()

    def _ask(self, what: str, act: Callable[[], _T]) -> _T:
        """What `act` gives, after some tries; minio's errors become ours. `what` names it in the errors."""
        for _ in self._budget.tries():
            try:
                answer = act()
            except _MINIO_ERRORS as error:
                last = error
                if not _may_pass(error):
                    break
            else:
                self._budget.succeeded()
                return answer
        raise _problem(last, what) from last


def _may_pass(error: Exception) -> bool:
    """May the same request succeed a moment later?"""
    if isinstance(error, S3Error):
        return error.code in _PASSING or _status(error) >= 500
    if isinstance(error, MinioException):
        return _status(error) >= 500 or _status(error) in {408, 429}
    return isinstance(error, HTTPError | OSError)


def _status(error: Exception) -> int:
    if isinstance(error, S3Error):
        return int(error.response.status)
    if isinstance(error, ServerError):
        return int(error.status_code)
    return int(getattr(error, "_code", 0)) if isinstance(error, InvalidResponseError) else 0


def _problem(error: Exception, what: str) -> Problem:
    code = error.code if isinstance(error, S3Error) else None
    if code in {"NoSuchKey", "ResourceNotFound"}:
        return BlockNotFound(f"The S3 store does not have {what}.")
    if code in _FULL or _status(error) == 507:
        return StorageFull(f"The S3 store has no room for {what}.")
    reason = code or f"HTTP {_status(error)}" if isinstance(error, MinioException) else type(error).__name__
    return StorageFailed(f"The S3 store did not serve {what}: {reason}.")
