"""Uploads in SQL: intents to publish, their plans, what they hold and what is missing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, exists, func, insert, select, update

from foundation.authorization import Action, require
from foundation.blocks import BlockId
from foundation.database import Database
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata import quotas
from metadata.access import BucketRow, bucket_for
from metadata.batch import Once
from metadata.chunk_lists import check_page
from metadata.contents import planned_chunks
from metadata.descriptions import check_described
from metadata.errors import ChunksInvalid, UploadEnded
from metadata.expiring import drop_plan, end_slice
from metadata.idempotency import Answer, done_once
from metadata.model import BlockState, Chunk, Page, Precondition, Target, Upload, UploadState
from metadata.operations.conflicts import check_early
from metadata.paths import check_path
from metadata.register import claim
from metadata.retention import goes_at_once
from metadata.root_journal import refuse_closing
from metadata.schema import blocks, upload_blocks, upload_chunks, uploads
from metadata.settings import CatalogueSettings
from metadata.upload_rows import (
    UploadRow,
    find_upload,
    lock_uploads,
    precondition_text,
    select_uploads,
    target_text,
    upload_from,
)

_Opened = tuple[Upload, list[bytes]]
_OPENED: Answer[_Opened] = Answer(_Opened, 201)


class SqlUploads:
    """See metadata.seams.Uploads."""

    def __init__(self, database: Database, settings: CatalogueSettings) -> None:
        self._database = database
        self._settings = settings

    def open(
        self,
        caller: Identity,
        target: Target | None,
        precondition: Precondition,
        chunks: Sequence[Chunk],
        once: Once | None = None,
    ) -> tuple[Upload, Sequence[BlockId]]:
        require(caller, Action.CREATE_BUCKET)  # Whoever may own something may open an upload.

        def opened(connection: Connection) -> _Opened:
            refuse_closing(connection, caller.user)
            bucket = _bucket(connection, caller, target, precondition)
            check_page(chunks, bucket.chunking if bucket else None)
            _check_size(chunks, target)
            if target is not None:
                check_described(target.description, target.tags)
            moment, id = now(connection), new_id()
            new = {
                "id": id,
                "owner": caller.user,
                "device": caller.device,
                "bucket": bucket.id if bucket else None,
                "target": target_text(target),
                "precondition": precondition_text(precondition),
                "state": UploadState.OPEN.value,
                "size": target.size if target else None,
                "planned_chunks": len(chunks),
                "opened_at": moment,
                "active_at": moment,
            }
            writer = connection.execute(insert(uploads).values(new).returning(uploads.c.writer)).scalar_one()
            _insert_plan(connection, writer, 0, chunks)
            row = find_upload(connection, caller, id)
            missing: list[bytes] = [*_unclaimed(connection, writer, row.owner, chunks)]
            return self._upload(connection, row), missing

        def body(connection: Connection) -> _Opened:
            return done_once(connection, caller, once, _OPENED, lambda: opened(connection))

        upload, missing = self._database.write(body, repeat_unknown=once is not None)
        return upload, [BlockId(id) for id in missing]

    def plan(self, caller: Identity, upload: UUID, first_index: int, chunks: Sequence[Chunk]) -> Sequence[BlockId]:
        def body(connection: Connection) -> Sequence[BlockId]:
            lock_uploads(connection, [upload])
            row = find_upload(connection, caller, upload)
            row.must_be_open()
            check_page(chunks, row.chunking, first_index=first_index)
            known = _known_part(connection, row, first_index, chunks)
            total = max(row.planned_chunks, first_index + len(chunks))
            if total > self._settings.max_chunks:
                raise ChunksInvalid(f"A version has at most {self._settings.max_chunks} chunks.")
            grown = update(uploads).where(uploads.c.writer == row.writer)
            connection.execute(grown.values(planned_chunks=total, active_at=now(connection)))
            _insert_plan(connection, row.writer, first_index + known, chunks[known:])
            return _unclaimed(connection, row.writer, row.owner, chunks)

        return self._database.write(body, repeat_unknown=True)

    def get(self, caller: Identity, upload: UUID) -> Upload:
        return self._database.read(lambda connection: self._upload(connection, find_upload(connection, caller, upload)))

    def missing(self, caller: Identity, upload: UUID, after: BlockId | None, limit: int) -> Sequence[BlockId]:
        def body(connection: Connection) -> Sequence[BlockId]:
            row = find_upload(connection, caller, upload)
            if row.state is not UploadState.OPEN:
                return []
            stored = exists().where(
                upload_blocks.c.upload == row.writer,
                upload_blocks.c.block == upload_chunks.c.block,
                blocks.c.id == upload_chunks.c.block,
                blocks.c.state == BlockState.STORED.value,
            )
            query = select(upload_chunks.c.block).where(upload_chunks.c.upload == row.writer, ~stored)
            if after is not None:
                query = query.where(upload_chunks.c.block > bytes(after))
            ordered = query.distinct().order_by(upload_chunks.c.block).limit(limit)
            return [BlockId(block) for block in connection.execute(ordered).scalars()]

        return self._database.read(body)

    def list(self, caller: Identity, after: str | None, limit: int) -> Page[Upload]:
        require(caller, Action.LIST_BUCKETS)

        def body(connection: Connection) -> Page[Upload]:
            query = select_uploads().where(uploads.c.owner == caller.user, uploads.c.state == UploadState.OPEN.value)
            if after is not None:
                query = query.where(uploads.c.writer < int(after))
            rows = connection.execute(query.order_by(uploads.c.writer.desc()).limit(limit + 1)).all()
            items = [self._upload(connection, upload_from(row)) for row in rows[:limit]]
            return Page(items, str(rows[limit - 1].writer) if len(rows) > limit else None)

        return self._database.read(body)

    def end(self, caller: Identity, upload: UUID) -> UploadState:
        """In slices, whatever it holds; until the last one it is open, and repeating goes on."""
        rows = self._settings.collect_chunks
        state, writer = UploadState.OPEN, 0
        while state is UploadState.OPEN:
            state, writer = self._database.write(
                lambda connection: _ended(connection, caller, upload, rows), repeat_unknown=True
            )
        if state is UploadState.ABORTED:
            # What a crash leaves of its plan goes when the upload is forgotten.
            while self._database.write(lambda connection: drop_plan(connection, writer, rows)) == rows:
                pass
        return state

    def _upload(self, connection: Connection, row: UploadRow) -> Upload:
        committed = row.state is UploadState.COMMITTED
        return Upload(
            id=row.id,
            writer=row.writer,
            owner=row.owner,
            device=row.device,
            bucket_id=row.bucket,
            chunking=row.chunking,
            target=row.target,
            precondition=row.precondition,
            state=row.state,
            planned_chunks=row.planned_chunks,
            size=row.size,
            received_bytes=(row.size or 0) if committed else _received_bytes(connection, row),
            expires_at=row.active_at + self._settings.upload_expiry,
        )


def _ended(connection: Connection, caller: Identity, upload: UUID, rows: int) -> tuple[UploadState, int]:
    """One slice; the state then, and the writer."""
    lock_uploads(connection, [upload])
    row = find_upload(connection, caller, upload)
    if row.state is UploadState.COMMITTED:
        raise UploadEnded("This upload was committed; delete its file instead.", state=row.state.value)
    if row.state is UploadState.OPEN and end_slice(connection, row.writer, UploadState.ABORTED, rows):
        return UploadState.ABORTED, row.writer
    return row.state, row.writer


def _bucket(
    connection: Connection, caller: Identity, target: Target | None, precondition: Precondition
) -> BucketRow | None:
    """Where the target lies; what certainly stands against it is said now, before any byte is sent."""
    if target is None:
        return None
    bucket = bucket_for(connection, caller, target.bucket, Action.WRITE_FILE)
    check_path(target.path, bucket.naming)
    check_early(connection, bucket, target.path, precondition)
    if target.size and not goes_at_once(bucket):  # Else what it replaces makes room.
        quotas.check_early(connection, bucket.owner, target.size, caller.user)
    return bucket


def _check_size(chunks: Sequence[Chunk], target: Target | None) -> None:
    planned = sum(chunk.size for chunk in chunks)
    if target and target.size is not None and planned > target.size:
        raise ChunksInvalid(f"The chunks have {planned} bytes together, but the file was said to have {target.size}.")


def _known_part(connection: Connection, row: UploadRow, first_index: int, chunks: Sequence[Chunk]) -> int:
    """How many of `chunks` are planned already, and equal. Raises ChunksInvalid."""
    if not 0 <= first_index <= row.planned_chunks:
        raise ChunksInvalid(f"The next page begins with chunk {row.planned_chunks}.", next_index=row.planned_chunks)
    known = planned_chunks(connection, row.writer, first_index, len(chunks))
    if known != [(chunk.id, chunk.size) for chunk in chunks[: len(known)]]:
        raise ChunksInvalid("Another list of chunks is planned at this place already.")
    return len(known)


def _insert_plan(connection: Connection, writer: int, first_index: int, chunks: Sequence[Chunk]) -> None:
    rows = [
        {"upload": writer, "index": index, "block": chunk.id, "size": chunk.size}
        for index, chunk in enumerate(chunks, first_index)
    ]
    insert_rows(connection, upload_chunks, rows)


def _unclaimed(connection: Connection, writer: int, owner: UUID, chunks: Sequence[Chunk]) -> Sequence[BlockId]:
    """Which of `chunks` must be sent, each once, in order; the others are held for the upload now."""
    wanted = dict.fromkeys(chunk.id for chunk in chunks)
    held = claim(connection, writer, owner, wanted) if wanted else set()
    return [id for id in wanted if id not in held]


def _received_bytes(connection: Connection, row: UploadRow) -> int:
    held = (
        select(func.coalesce(func.sum(blocks.c.size), 0))
        .join(upload_blocks, upload_blocks.c.block == blocks.c.id)
        .where(upload_blocks.c.upload == row.writer, blocks.c.state == BlockState.STORED.value)
    )
    if row.planned_chunks:
        plan = select(upload_chunks.c.block).where(upload_chunks.c.upload == row.writer)
        held = held.where(blocks.c.id.in_(plan))
    return int(connection.execute(held).scalar_one())
