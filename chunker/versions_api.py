"""The route that gives the blocks of many small versions in one answer: the reverse of the one that receives many."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from pydantic import Field

from block_storage import Block, BlockStore, StorageFailed
from chunker.assembly import Held, LoadsAhead, Pieces, Shared, Source, together
from chunker.bodies import JsonBodies, request_body
from chunker.errors import ContentDamaged
from chunker.frames import HEAD_BYTES
from chunker.loads import LOAD_BYTES, LoadReader, LoadsResponse, ManyLoad
from chunker.parts import Parts
from foundation.blocks import BlockName
from foundation.http_caller import Caller, CallerRoute
from foundation.openapi import problems
from foundation.problems import (
    BodyTooSlow,
    Busy,
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from foundation.wire import Wire
from metadata import BucketNotFound, FileVersion, StoredChunk, VersionNotFound

BLOCKS_TYPE = "application/vnd.cairn.blocks"
MAX_VERSIONS = 1000
_ERRORS = (
    Malformed,
    Unauthenticated,
    Forbidden,
    BodyTooSlow,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    BucketNotFound,
    VersionNotFound,
    StorageFailed,
    Busy,
)
_EXAMPLE = {"versions": ["01890a5d-ac96-774b-bcce-b302099a8057"]}

_Place = tuple[Source, StoredChunk]


class VersionsWire(Wire):
    versions: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_VERSIONS)]


def versions_routes(parts: Parts, bodies: JsonBodies, shared: Shared) -> APIRouter:
    router = APIRouter(tags=["content"], route_class=CallerRoute)
    files, settings = parts.catalogue.files, parts.settings

    @router.post(
        "/buckets/{bucket}/blocks",
        summary="The blocks of up to 1,000 versions in one answer, version by version, in order",
        description="A block that is damaged or lost comes with a length of 0. At most 10,000 blocks.",
        response_class=Response,
        responses={200: {"content": {BLOCKS_TYPE: {}}}, **problems(*_ERRORS)},
        openapi_extra=request_body(VersionsWire, _EXAMPLE),
    )
    async def get_blocks(request: Request, bucket: str, caller: Caller) -> Response:
        wire = await bodies.read(request, VersionsWire)
        found = await run_sync(files.contents, caller, bucket, wire.versions)
        if missing := [str(id) for id in wire.versions if id not in found]:
            raise VersionNotFound(f"{len(missing):,} of these versions are not in this bucket.", missing=missing)
        wanted = [found[id] for id in wire.versions]
        chunks = await run_sync(files.chunks_of, [one.content for one in wanted if one.content])

        def places() -> Iterator[_Place]:
            for version in wanted:
                source = Source(version, parts.catalogue, parts.store, shared)
                for chunk in chunks[_content(version)]:
                    yield source, chunk

        loads = _loads(parts.store, places())

        async def following() -> ManyLoad | None:
            return next(loads, None)

        ahead = LoadsAhead(LoadReader(shared), following, settings.read_ahead_blocks)
        await ahead.first()
        return LoadsResponse(_all(ahead), ahead, {"Content-Type": BLOCKS_TYPE}, settings.stall_seconds)

    return router


def _content(version: FileVersion) -> UUID:
    if version.content is None:
        raise VersionNotFound("A deletion has no content.")
    return version.content


def _loads(store: BlockStore, places: Iterator[_Place]) -> Iterator[ManyLoad]:
    gathered: list[_Place] = []
    size = 0
    for place in places:
        if gathered and size + place[1].size > LOAD_BYTES:
            yield ManyLoad(size, partial(_read, store, gathered))
            gathered, size = [], 0
        gathered.append(place)
        size += HEAD_BYTES + place[1].size
    if gathered:
        yield ManyLoad(size, partial(_read, store, gathered))


def _read(store: BlockStore, places: Sequence[_Place]) -> Pieces:
    found = together(store, [chunk for _, chunk in places])
    return [b"".join(piece for source, chunk in places for piece in _framed(source, chunk, found))]


def _framed(source: Source, chunk: StoredChunk, found: Mapping[BlockName, Block]) -> tuple[bytes, Block]:
    data: Block = b""
    # What is damaged is this file's alone; asked for by itself, it says what is wrong.
    with suppress(ContentDamaged):
        data = source.read_now(chunk, found)
    return chunk.id + len(data).to_bytes(4, "big"), data


async def _all(ahead: LoadsAhead[ManyLoad]) -> AsyncGenerator[bytes | Held[ManyLoad], None]:
    while held := await ahead.next():
        yield held
