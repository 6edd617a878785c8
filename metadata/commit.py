"""The commit of uploads: one transaction, locks in the global order, refusals in place (ALGORITHMS.md 1, "Commit").

Every step is done for all uploads at once, so that commits that share a transaction share its statements too; one is many of length one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from uuid import UUID

import orjson
from sqlalchemy import Connection, select, update

from foundation.authorization import Action
from foundation.database import RowVanished
from foundation.problems import Invalid, Problem
from foundation.sql import any_of, now, update_rows
from metadata import contents as content_rows
from metadata.batch import GroupResult, Put, Result
from metadata.chunk_lists import check_sizes, check_total
from metadata.commit_results import results_from, results_text
from metadata.contents import Content
from metadata.model import Target, UploadState
from metadata.operations.puts import Publication, put_all
from metadata.operations.work import Work
from metadata.quotas import limited_owners, lock_accounts
from metadata.schema import buckets, uploads
from metadata.seams import CommitRequest
from metadata.upload_rows import UploadRow, find_uploads, let_go, let_go_all, lock_uploads, of_caller

ChunkList = Sequence[tuple[bytes, int]]

MAX_CHUNKS = 20_000  # that one transaction writes, beyond those of its first upload


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request and where it comes from; where its plan was staged in pages before, the hash of how many chunks."""

    request: CommitRequest
    origin: str | None = None
    staged_hash: bytes | None = None
    staged_chunks: int = 0


class Deferred(Enum):
    """Nothing of it was done in this transaction."""

    TO_STAGE = 1  # its list is so long that it is staged in pages before
    LATER = 2  # others wrote as much as one transaction should, or one of them publishes the same upload


@dataclass(frozen=True, slots=True)
class _Ready:
    """A content that is written and waits for its bucket. `chunks` None: it was staged."""

    request: CommitRequest
    upload: UploadRow
    target: Target
    bucket: UUID
    content: Content
    chunks: ChunkList | None
    origin: str | None = None


Committed = Result | Problem | Deferred


def commit_all(connection: Connection, prepared: Sequence[Prepared], stage_chunks: int) -> list[Committed]:
    """Publish each or say what stands against it. Lists longer than `stage_chunks` must be staged.

    Raises what stands against all of them together, such as a quota.
    """
    lock_uploads(connection, [one.request.upload for one in prepared])
    outcomes = _made_ready(connection, prepared, stage_chunks)
    ready = [outcome for outcome in outcomes if isinstance(outcome, _Ready)]
    _write_contents(connection, ready)
    # Of several buckets, all before the first is worked on: by ascending id, as everybody takes them.
    if len(wanted := {one.bucket for one in ready}) > 1:
        lock = select(buckets.c.id).where(any_of(connection, buckets.c.id, wanted)).order_by(buckets.c.id)
        connection.execute(lock.with_for_update(key_share=True)).all()
        lock_accounts(connection, limited_owners(connection, wanted))
    published = _published(connection, ready)
    refused = [one for one in ready if isinstance(published[one.upload.id], Problem)]
    content_rows.withdraw(connection, [one.content.id for one in refused if one.chunks is not None])
    return [published[outcome.upload.id] if isinstance(outcome, _Ready) else outcome for outcome in outcomes]


def _made_ready(
    connection: Connection, prepared: Sequence[Prepared], stage_chunks: int
) -> list[Result | Problem | Deferred | _Ready]:
    """Judge the uploads and their chunks; the result where one was committed before."""
    found = find_uploads(connection, [one.request.upload for one in prepared])
    passed_over = _passed_over(prepared, found)
    own = [one for one, outcome in zip(prepared, passed_over, strict=True) if outcome is None]
    deferred = _deferred(own, found, stage_chunks)
    lists = _chunk_lists(connection, [one for one in own if one.request.upload not in deferred], found)
    ids = {id for chunks in lists.values() for id, _ in chunks}
    writers = [found[upload].writer for upload, chunks in lists.items() if chunks]
    held = content_rows.held_by(connection, writers, ids) if writers else {}

    def outcome_of(one: Prepared) -> Result | Problem | Deferred | _Ready:
        upload = one.request.upload
        try:
            return deferred.get(upload) or _one_ready(connection, one, found[upload], lists.get(upload, []), held)
        except Problem as problem:
            return problem

    return [over or outcome_of(one) for one, over in zip(prepared, passed_over, strict=True)]


def _passed_over(prepared: Sequence[Prepared], found: dict[UUID, UploadRow]) -> list[Problem | Deferred | None]:
    """None for the first request of each upload that may be made by its caller: only its list is the upload's."""
    outcomes: list[Problem | Deferred | None] = []
    seen: set[UUID] = set()
    for one in prepared:
        try:
            upload = of_caller(one.request.caller, found.get(one.request.upload)).id
        except Problem as problem:
            outcomes.append(problem)
            continue
        outcomes.append(Deferred.LATER if upload in seen else None)
        seen.add(upload)
    return outcomes


def _deferred(prepared: Sequence[Prepared], found: dict[UUID, UploadRow], stage_chunks: int) -> dict[UUID, Deferred]:
    deferred, chunks = {}, 0
    for one in prepared:
        row, given = found[one.request.upload], one.request.chunks
        if row.state is not UploadState.OPEN or one.staged_hash is not None:
            continue
        number = row.planned_chunks if given is None else len(given)
        if number > stage_chunks:
            deferred[row.id] = Deferred.TO_STAGE
        elif chunks and chunks + number > MAX_CHUNKS:
            deferred[row.id] = Deferred.LATER
        else:
            chunks += number
    return deferred


def _chunk_lists(
    connection: Connection, prepared: Sequence[Prepared], found: dict[UUID, UploadRow]
) -> dict[UUID, ChunkList]:
    """By upload, of those that are open and not staged: given with the request, else planned."""
    wanted = [one.request for one in prepared if one.staged_hash is None]
    is_open = [request for request in wanted if found[request.upload].state is UploadState.OPEN]
    planned = {found[request.upload].writer for request in is_open if request.chunks is None}
    plans = content_rows.plans(connection, planned) if planned else {}
    return {
        request.upload: plans.get(found[request.upload].writer, [])
        if request.chunks is None
        else [(chunk.id, chunk.size) for chunk in request.chunks]
        for request in is_open
    }


def _one_ready(
    connection: Connection,
    prepared: Prepared,
    upload: UploadRow,
    chunks: ChunkList,
    held: dict[tuple[int, bytes], int],
) -> Result | _Ready:
    request = prepared.request
    if upload.target is None or upload.bucket is None:
        raise Invalid("This upload has no path; it is for `POST /buckets/{bucket}/commits`.")
    if upload.state is UploadState.COMMITTED:
        (made,) = results_from(connection, upload)
        if isinstance(made, GroupResult):
            raise AssertionError("an upload with a path makes a version")
        return made
    upload.must_be_open()
    digests = dict(request.digests or {})
    if prepared.staged_hash is not None:
        staged = _staged(connection, prepared.staged_chunks, upload)
        content = content_rows.finish_staged(connection, staged, prepared.staged_hash, orjson.dumps(digests).decode())
        return _Ready(request, upload, upload.target, upload.bucket, content, None, prepared.origin)
    check_sizes([size for _, size in chunks], upload.chunking)
    content = content_rows.content_of(chunks, digests)
    check_total(content.size, upload.size)
    content_rows.judge(chunks, {id: held[upload.writer, id] for id, _ in chunks if (upload.writer, id) in held})
    return _Ready(request, upload, upload.target, upload.bucket, content, chunks, prepared.origin)


def _staged(connection: Connection, hashed_chunks: int, upload: UploadRow) -> Content:
    staged = content_rows.staged_content(connection, upload.writer)
    if staged is None or not staged.num_chunks == upload.planned_chunks == hashed_chunks:
        raise RowVanished  # Further chunks were planned after the plan was hashed, or after its last page was staged.
    check_total(staged.size, upload.size)
    content_rows.check_staged(connection, staged.id, upload.chunking)
    return staged


def _write_contents(connection: Connection, ready: Sequence[_Ready]) -> None:
    new = [(one.content, one.chunks) for one in ready if one.chunks is not None]
    if new:
        content_rows.insert_contents(connection, [content for content, _ in new], now(connection))
        content_rows.insert_chunks(connection, [(content.id, chunks) for content, chunks in new])


def _published(connection: Connection, ready: Sequence[_Ready]) -> dict[UUID, Result | Problem]:
    """By upload. One after another for each bucket, person and device, whom the journal names."""
    outcomes: dict[UUID, Result | Problem] = {}

    def place(one: _Ready) -> tuple[UUID, str, str]:
        return one.bucket, str(one.request.caller.user), str(one.request.caller.device)

    for _, together in groupby(sorted(ready, key=place), place):
        outcomes |= _published_together(connection, list(together))
    return outcomes


def _published_together(connection: Connection, ready: Sequence[_Ready]) -> dict[UUID, Result | Problem]:
    try:
        work = Work.begun(connection, ready[0].request.caller, ready[0].bucket, Action.WRITE_FILE)
    except Problem as problem:
        return {one.upload.id: problem for one in ready}
    outcomes: list[Result | Problem] = []
    run: dict[str, Publication] = {}
    for one in ready:
        # A put on a path of the same run must see the other one done.
        if one.target.path in run:
            outcomes += put_all(work, list(run.values()))
            run = {}
        run[one.target.path] = Publication(_put(one), one.content)
    outcomes += put_all(work, list(run.values()))
    made = [(one, outcome) for one, outcome in zip(ready, outcomes, strict=True) if isinstance(outcome, Result)]
    work.name_origins({outcome.version.version_id: one.origin for one, outcome in made})
    work.finish()
    _end_uploads(connection, work, list(zip(ready, outcomes, strict=True)))
    return {one.upload.id: outcome for one, outcome in zip(ready, outcomes, strict=True)}


def _end_uploads(connection: Connection, work: Work, outcomes: Sequence[tuple[_Ready, Result | Problem]]) -> None:
    """What the committed ones held is let go; what they answered is kept."""
    done = [(one, outcome) for one, outcome in outcomes if isinstance(outcome, Result)]
    let_go_all(connection, {one.upload.writer: one.chunks for one, _ in done if one.chunks is not None})
    for one, _ in done:
        if one.chunks is None:
            let_go(connection, one.upload.writer, content=one.content.id)
    rows = [
        {
            "writer": one.upload.writer,
            "state": UploadState.COMMITTED.value,
            "result": results_text(work, [result]),
            "size": one.content.size,
            "active_at": work.moment,
        }
        for one, result in done
    ]
    update_rows(connection, uploads, "writer", rows)


def _put(ready: _Ready) -> Put:
    target, request = ready.target, ready.request
    return Put(
        path=target.path,
        chunks=(),
        precondition=ready.upload.precondition,
        content_type=target.content_type,
        modified_at=target.modified_at,
        executable=target.executable,
        kind=target.kind,
        description=target.description,
        tags=target.tags,
        etag=request.etag,
    )


def mark_committed(
    connection: Connection, writer: int, work: Work, results: Sequence[Result | GroupResult], *, said: str
) -> None:
    """The last word of a batch's upload, and what it answers from now on. `said`: see `said_of`."""
    values = {
        "state": UploadState.COMMITTED.value,
        "result": results_text(work, results, said),
        "active_at": work.moment,
    }
    connection.execute(update(uploads).where(uploads.c.writer == writer).values(**values))
