"""Routes that receive blocks: one, or many in one body."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.requests import ClientDisconnect

from block_storage import BlockCorrupt, StorageFailed, StorageFull
from chunker.answers import BlockAnswer, BlocksAnswer, answers, refusal
from chunker.errors import ChunkSize, FrameInvalid
from chunker.frames import FrameParser
from chunker.intake import LOAD_BLOCKS, LOAD_BYTES, Intake, Lane, Outcome, Promised
from chunker.open_uploads import OpenUpload, OpenUploads
from chunker.parts import Parts
from foundation.blocks import MIB, BlockId
from foundation.http_bodies import declared_bytes, read_body, require_media_type
from foundation.http_caller import Caller, CallerRoute
from foundation.http_requests import allow_body
from foundation.http_wire import Json
from foundation.identity import Identity
from foundation.problems import (
    BodyIncomplete,
    BodyTooSlow,
    Busy,
    Forbidden,
    Invalid,
    Malformed,
    OutcomeUnknown,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from metadata import Chunk, UploadEnded, UploadNotFound

FRAMED = "application/vnd.cairn.blocks"
MAX_FRAMED_BYTES = 32 * MIB

_PROBLEMS = (
    Malformed,
    Unauthenticated,
    Forbidden,
    UploadNotFound,
    UploadEnded,
    StorageFull,
    StorageFailed,
    OutcomeUnknown,
    Busy,
)


def _block_id(block_id: Annotated[str, Path(description="The block's SHA-256, 64 lower-case hex digits.")]) -> BlockId:
    try:
        return BlockId.parse(block_id)
    except ValueError as error:
        raise Invalid(f"block_id: {error}", errors=[{"field": "block_id", "message": str(error)}]) from error


def block_routes(parts: Parts, open_uploads: OpenUploads, intake: Intake) -> APIRouter:
    router = APIRouter(tags=["uploads"], route_class=CallerRoute)
    reception = _Reception(parts, open_uploads, intake)

    @router.put(
        "/uploads/{upload_id}/chunks/{block_id}",
        status_code=201,
        summary="Send one block: 201 stored, 200 the upload holds it already",
        responses=answers((200, 201), BlockAnswer, *_PROBLEMS, BlockCorrupt, ChunkSize, Invalid, BodyTooSlow),
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def put_block(
        request: Request, upload_id: UUID, block_id: Annotated[BlockId, Depends(_block_id)], caller: Caller
    ) -> Response:
        upload = await open_uploads.find(caller, upload_id)
        is_new = await reception.one(request, caller, upload, block_id)
        status = "stored" if is_new else "present"
        return Json({"id": str(block_id), "status": status}, 201 if is_new else 200)

    @router.post(
        "/uploads/{upload_id}/chunks",
        summary="Send many blocks in one body",
        description="Each block is its 32-byte id, 4 bytes of big-endian length, and its bytes. At most 32 MiB. Blocks that came "
        "whole are kept even where the body breaks off or another of its blocks is refused.",
        responses=answers((200,), BlocksAnswer, *_PROBLEMS, FrameInvalid, ChunkSize, TooLarge, UnsupportedMediaType),
        openapi_extra={"requestBody": {"required": True, "content": {FRAMED: {}}}},
    )
    async def put_blocks(request: Request, upload_id: UUID, caller: Caller) -> Response:
        require_media_type(request, FRAMED)
        upload = await open_uploads.find(caller, upload_id)
        return Json({"results": await reception.many(request, upload)})

    return router


class _Reception:
    """Takes the bodies of both routes."""

    def __init__(self, parts: Parts, open_uploads: OpenUploads, intake: Intake) -> None:
        self._blocks = parts.catalogue.blocks
        self._settings = parts.settings
        self._open_uploads = open_uploads
        self._intake = intake

    async def one(self, request: Request, caller: Identity, upload: OpenUpload, id: BlockId) -> bool:
        """Whether the block was stored, not there before. Raises BlockCorrupt, ChunkSize and what a body can be."""
        declared = declared_bytes(request)
        async with self._intake.budget.taken(min(upload.largest_block, declared or upload.largest_block)):
            try:
                data = await read_body(request, upload.largest_block, self._settings.block_body_seconds)
            except TooLarge as error:
                raise _wrong_size(upload) from error
            if not data:
                raise _wrong_size(upload)
            if await self._is_held(caller, upload, id, data):
                return False
            lane = self._intake.lane(upload.id, upload.writer)
            await lane.send([(id, data)], is_counted=True)
            (outcome,) = await self._ended(lane, upload)
        if isinstance(outcome, BlockCorrupt):
            raise outcome
        upload.remember(id)
        return True

    async def _is_held(self, caller: Identity, upload: OpenUpload, id: BlockId, data: bytearray) -> bool:
        """Whether this block, with the right bytes, came before: a repeated request, whose first answer was lost."""
        if id not in upload.recent or await run_sync(BlockId.of, data) != id:
            return False
        return id in await run_sync(self._blocks.claim, caller, upload.id, {id})

    async def many(self, request: Request, upload: OpenUpload) -> list[dict[str, Any]]:
        """What became of each block of a framed body. Raises FrameInvalid, TooLarge, BodyIncomplete, ChunkSize."""
        if (declared_bytes(request) or 0) > MAX_FRAMED_BYTES:
            raise _too_many()
        framed = _Framed(upload, self._intake.lane(upload.id, upload.writer))
        try:
            await framed.receive(_pieces(request))
        except BaseException:
            with CancelScope(shield=True):
                await framed.lane.settle()
            raise
        return framed.results(await self._ended(framed.lane, upload))

    async def _ended(self, lane: Lane, upload: OpenUpload) -> list[Outcome]:
        try:
            return await lane.finish()
        except UploadEnded:
            self._open_uploads.forget(upload.id)
            raise


def _wrong_size(upload: OpenUpload) -> ChunkSize:
    return ChunkSize(f"A block of this upload has 1 to {upload.largest_block:,} bytes.")


def _too_many() -> TooLarge:
    return TooLarge("A body of blocks has at most 32 MiB; send the others in the next.")


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body's pieces. Raises TooLarge, BodyIncomplete."""
    allow_body(request, None)  # Counted here: a body that is too long has been read up to its limit.
    received = 0
    try:
        async for piece in request.stream():
            received += len(piece)
            if received > MAX_FRAMED_BYTES:
                raise _too_many()
            yield piece
    except ClientDisconnect as error:
        raise BodyIncomplete from error


class _Framed:
    """The blocks of one body, sent on in loads, and what is told of each in the order of the body."""

    def __init__(self, upload: OpenUpload, lane: Lane) -> None:
        self.lane = lane
        self._upload = upload
        self._load: list[Promised] = []
        self._load_bytes = 0
        self._told: list[tuple[BlockId, ChunkSize | None]] = []

    async def receive(self, pieces: AsyncIterator[bytes]) -> None:
        """Raises FrameInvalid and ChunkSize where the rest cannot be read; what came whole before is on its way then."""
        parser = FrameParser()
        try:
            async for piece in pieces:
                for id, data in parser.feed(piece):
                    await self._take(id, data)
            parser.end()
        finally:
            await self._flush()

    async def _take(self, id: BlockId, data: bytes) -> None:
        problem = None if 1 <= len(data) <= self._upload.largest_block else _wrong_size(self._upload)
        self._told.append((id, problem))
        if problem:
            return
        self._load.append((id, data))
        self._load_bytes += len(data)
        if self._load_bytes >= LOAD_BYTES or len(self._load) >= LOAD_BLOCKS:
            await self._flush()

    async def _flush(self) -> None:
        load, self._load, self._load_bytes = self._load, [], 0
        if load:
            await self.lane.send(load)

    def results(self, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
        left = iter(outcomes)
        return [{"id": id.hex(), **_status(problem or next(left))} for id, problem in self._told]


def _status(outcome: Outcome | ChunkSize) -> dict[str, Any]:
    return {"status": "stored"} if isinstance(outcome, Chunk) else refusal(outcome)
