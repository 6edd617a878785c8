"""One file as one stream: cut while it arrives, hashed and put by threads, registered in groups, then published (ALGORITHMS.md 3)."""

from collections.abc import AsyncIterator, Iterable

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import Request
from starlette.requests import ClientDisconnect

from chunker.cutting import Block, cutter
from chunker.digests import PromisedDigests
from chunker.intake import Intake, Lane
from chunker.publish import publish
from foundation.blocks import Chunking
from foundation.identity import Identity
from foundation.problems import BodyIncomplete, Problem
from metadata import Chunk, CommitRequest, Commits, Precondition, Result, Target, Upload, Uploads


class StreamedPut:
    """Receives one body and publishes it as a version, or leaves nothing behind."""

    def __init__(self, intake: Intake, uploads: Uploads, commits: Commits) -> None:
        self._intake = intake
        self._uploads = uploads
        self._commits = commits

    async def receive(
        self, caller: Identity, target: Target, precondition: Precondition, body: Request, digests: PromisedDigests
    ) -> Result:
        """Raises DigestMismatch, BodyIncomplete, and what the catalogue and the store raise; the upload has ended then."""
        upload, _ = await run_sync(self._uploads.open, caller, target, precondition, ())
        try:
            chunks = await self._store(caller, upload, _pieces(body), digests)
            found = digests.verified()
            request = CommitRequest(caller, upload.id, chunks, found.get("md5"), found, upload.bucket_id)
            return await publish(self._commits, request)
        except BaseException:
            with CancelScope(shield=True):
                await run_sync(self._end, caller, upload)
            raise

    def _end(self, caller: Identity, upload: Upload) -> None:
        try:
            self._uploads.end(caller, upload.id)
        except Problem:
            return  # It expires by itself; the request's own failure is the one to tell.

    async def _store(
        self, caller: Identity, upload: Upload, pieces: AsyncIterator[bytes], digests: PromisedDigests
    ) -> list[Chunk] | None:
        """The chunks in order; None: there were so many that they are planned, so that no list grows with the file."""
        lane = self._intake.lane(upload.id, upload.writer)
        cut = cutter(upload.chunking or Chunking.FIXED)
        chunks: list[Chunk] = []
        planned, page = 0, self._intake.settings.stream_page_chunks
        try:
            async for piece in pieces:
                await _send(lane, cut.feed(piece), digests)
                chunks += map(_chunk, lane.taken())
                if len(chunks) >= page:
                    await run_sync(self._uploads.plan, caller, upload.id, planned, chunks[:page])
                    planned, chunks = planned + page, chunks[page:]
            await _send(lane, cut.finish(), digests)
            chunks += map(_chunk, await lane.finish())
        except BaseException:
            with CancelScope(shield=True):
                await lane.abandon()
            raise
        if not planned:
            return chunks
        if chunks:
            await run_sync(self._uploads.plan, caller, upload.id, planned, chunks)
        return None


async def _send(lane: Lane, blocks: Iterable[Block], digests: PromisedDigests) -> None:
    for block in blocks:
        if digests:
            await run_sync(digests.update, block)
        await lane.send([(None, block)])


def _chunk(outcome: Chunk | Problem) -> Chunk:
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as error:
        raise BodyIncomplete from error
