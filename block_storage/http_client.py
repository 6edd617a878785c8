"""Blocks in another process: a store behind Cairn's own block storage service."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import orjson

from block_storage.checksums import corruption, is_right_xxh3, require_known_codec
from block_storage.errors import BlockCorrupt, BlockDamaged, BlockNotFound, CodecUnknown, StorageFailed, StorageFull
from block_storage.meta_keys import flat_name
from block_storage.named_frames import MEDIA_TYPE, bodies, framed, unframed
from block_storage.seam import Block, Health, Presence, Proof, Wanted
from block_storage.wire import MAX_NAMES, MAX_PROVED_BYTES, MAX_PROVED_NAMES, MAX_READ_BYTES, MAX_READ_NAMES
from foundation.blocks import MAX_BLOCK_BYTES, BlockName
from foundation.http_room import RoomClient
from foundation.internal_calls import INTERNAL
from foundation.parts import in_parts
from foundation.problems import Malformed, MethodNotAllowed, Problem

_T = TypeVar("_T")

_PAGE = 10_000
_TEXT = {"Content-Type": "application/json"}
_BYTES = {"Content-Type": "application/octet-stream"}
_FRAMED = {"Content-Type": MEDIA_TYPE}
# What the service may say of a block. Any other problem is of the service or the way to it, and nothing follows for the block.
_SAID = (BlockNotFound, BlockCorrupt, BlockDamaged, CodecUnknown, StorageFull, StorageFailed)


class HttpBlockStore:
    """A BlockStore by its service. All of the seam may be repeated, so lost answers are. A meta value has at most 32 MiB."""

    def __init__(self, room: RoomClient) -> None:
        """Takes `room` over, and closes it. Opens no connection yet."""
        self._room = room

    def put(self, name: BlockName, data: bytes | bytearray | memoryview) -> None:
        _require_size(name, data)
        try:
            self._call("PUT", f"/chunks/{name}", data, _BYTES)
        except BlockCorrupt as refused:
            raise _verdict(name, data, refused) from refused

    def put_many(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[BlockCorrupt | None]:
        outcomes: list[BlockCorrupt | None] = [_size_problem(name, data) for name, data in blocks]
        sent = [index for index, problem in enumerate(outcomes) if problem is None]
        # One request after the other: the service's memory for what arrives is not one caller's.
        refused = (found for body in bodies([blocks[index] for index in sent]) for found in self._put_body(body))
        for index, is_refused in zip(sent, refused, strict=True):
            if is_refused:
                name, data = blocks[index]
                problem = BlockCorrupt(f"The bytes sent are not those of the block {name.id}.")
                outcomes[index] = problem
                if not isinstance(verdict := _verdict(name, data, problem), BlockCorrupt):
                    raise verdict
        return outcomes

    def _put_body(self, blocks: Sequence[tuple[BlockName, bytes | bytearray | memoryview]]) -> list[bool]:
        """Whether each was refused."""
        found = _sequence(self._call("POST", "/chunks", framed(blocks), _FRAMED), "results")
        if len(found) != len(blocks):
            raise _garbage()
        return [problem is not None for problem in found]

    def get(self, name: BlockName, xxh3: int) -> bytes:
        require_known_codec(name)
        for _ in range(2):  # The service has found right bytes: what is wrong here was changed on the way.
            data = self._call("GET", f"/chunks/{name}?xxh3={xxh3:016x}").content
            if is_right_xxh3(data, xxh3):
                return data
        raise StorageFailed(f"The bytes of the block {name.id} come from block storage otherwise than they were sent.")

    def get_many(self, blocks: Collection[Wanted]) -> dict[BlockName, Block]:
        found: dict[BlockName, Block] = {}
        for page in in_parts(blocks, lambda block: block.size, MAX_READ_NAMES, MAX_READ_BYTES):
            found |= self._read(page)
        return found

    def _read(self, page: Sequence[Wanted]) -> dict[BlockName, Block]:
        asked = {"blocks": [(str(name), f"{xxh3:016x}", size) for name, xxh3, size in page]}
        try:
            body = self._call("POST", "/chunks/read", orjson.dumps(asked), _TEXT).content
            given = dict(unframed(body))
        except StorageFailed as failed:
            # By a service of the version before, while it is replaced.
            if isinstance(failed.__cause__, MethodNotAllowed):
                return {}
            raise
        except Malformed as error:
            raise _garbage() from error
        return {
            block.name: given[block.name]
            for block in page
            if block.name in given
            and len(given[block.name]) == block.size
            and is_right_xxh3(given[block.name], block.xxh3)
        }

    def check(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        found = {name: Presence.UNKNOWN for name, _ in names}
        for page in _pages(names):
            try:
                found |= self._look(page)
            except Problem:
                break  # Thousands of names must not wait for one timeout each.
        return found

    def _look(self, page: Sequence[tuple[BlockName, int]]) -> dict[BlockName, Presence]:
        asked = {"blocks": [(str(name), size) for name, size in page]}
        presences = _member(self._call("POST", "/chunks/check", orjson.dumps(asked), _TEXT), "presences")
        try:
            return {name: Presence(presences[str(name)]) for name, _ in page}
        except (TypeError, KeyError, ValueError) as error:
            raise _garbage() from error

    def prove(self, names: Collection[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        found = dict.fromkeys((name for name, _ in names), Proof(Health.UNKNOWN, "the store does not answer"))
        for page in in_parts(names, lambda pair: pair[1], MAX_PROVED_NAMES, MAX_PROVED_BYTES):
            try:
                found |= self._read_back(page)
            except Problem:
                break  # As in `check`.
        return found

    def _read_back(self, page: Sequence[tuple[BlockName, int]]) -> dict[BlockName, Proof]:
        asked = {"blocks": [(str(name), size) for name, size in page]}
        answer = self._call("POST", "/chunks/prove", orjson.dumps(asked), _TEXT)
        proofs = _member(answer, "proofs")
        try:
            return {name: _proof(proofs[str(name)]) for name, _ in page}
        except (TypeError, KeyError, ValueError) as error:
            raise _garbage() from error

    def delete(self, names: Collection[BlockName]) -> None:
        for page in _pages(names):
            body = orjson.dumps({"names": [str(name) for name in page]})
            self._call("POST", "/chunks/delete", body, _TEXT)

    def list(self, after: BlockName | None = None, limit: int = 1000) -> list[BlockName]:
        found: list[str] = []
        while len(found) < limit:
            begin = found[-1] if found else str(after) if after else ""
            wanted = min(limit - len(found), _PAGE)
            page = self._page("/chunks", begin, wanted)
            found += page
            if len(page) < wanted:
                break
        try:
            return [BlockName.parse(name) for name in found]
        except ValueError as error:
            raise _garbage() from error

    def read_meta(self, key: str) -> bytes:
        flat_name(key)
        return self._call("GET", f"/meta/{key}").content

    def replace_meta(self, key: str, data: bytes) -> None:
        flat_name(key)
        self._call("PUT", f"/meta/{key}", data, _BYTES)

    def list_meta(self, prefix: str = "") -> Iterator[str]:
        page: Sequence[str] = [""]
        while page:
            page = self._page("/meta", page[-1], _PAGE, prefix=prefix)
            yield from page
            if len(page) < _PAGE:
                break

    def delete_meta(self, key: str) -> None:
        flat_name(key)
        self._call("DELETE", f"/meta/{key}")

    def ready(self) -> None:
        try:
            self._room.ready()
        except Problem as problem:
            raise StorageFailed(problem.detail) from problem

    def close(self) -> None:
        self._room.close()

    def _call(
        self,
        method: str,
        path: str,
        content: bytes | bytearray | memoryview | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        try:
            return self._room.call(method, INTERNAL + path, is_repeatable=True, content=content, headers=headers)
        except _SAID:
            raise
        except Problem as problem:
            # Also 401 and 403, which are about this service's secret: whoever it serves has nothing to sign in to.
            raise StorageFailed(f"Block storage did not serve this: {problem.slug}. {problem.detail}") from problem

    def _page(self, path: str, after: str, limit: int, **filters: str) -> Sequence[str]:
        query = filters | {"limit": str(limit)} | ({"after": after} if after else {})
        page = _sequence(self._call("GET", f"{path}?{urlencode(query)}"), "items")
        # A list that goes round would never end.
        if not all(isinstance(item, str) for item in page) or (page and page[0] <= after):
            raise _garbage()
        return page


def _member(answer: httpx.Response, name: str) -> Any:
    """What the answer, a JSON object, has under `name`. Raises StorageFailed."""
    try:
        return orjson.loads(answer.content)[name]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise _garbage() from error


def _sequence(answer: httpx.Response, name: str) -> list[Any]:
    found = _member(answer, name)
    if not isinstance(found, list):
        raise _garbage()
    return found


def _pages(names: Collection[_T]) -> Iterator[Sequence[_T]]:
    left = iter(names)
    while page := tuple(islice(left, MAX_NAMES)):
        yield page


def _proof(told: Any) -> Proof:
    note, mended = told["note"], told["mended_copies"]
    if not isinstance(note, str) or not isinstance(mended, int):
        raise ValueError
    return Proof(Health(told["health"]), note, mended)


def _size_problem(name: BlockName, data: bytes | bytearray | memoryview) -> BlockCorrupt | None:
    """Judged before anything is sent: a service that refuses a body for its length need not read it."""
    require_known_codec(name)
    if 1 <= len(data) <= MAX_BLOCK_BYTES:
        return None
    return BlockCorrupt(f"A block has 1 to {MAX_BLOCK_BYTES} bytes, not {len(data)}.")


def _require_size(name: BlockName, data: bytes | bytearray | memoryview) -> None:
    if problem := _size_problem(name, data):
        raise problem


def _verdict(name: BlockName, data: bytes | bytearray | memoryview, refused: BlockCorrupt) -> Problem:
    """`refused`, unless the bytes are right here: then they were changed on the way."""
    if corruption(name, data):
        return refused
    return StorageFailed(f"The bytes of the block {name.id} reach block storage otherwise than they were sent.")


def _garbage() -> StorageFailed:
    return StorageFailed("Block storage answered what cannot be read.")
