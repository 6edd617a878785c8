"""The commit of uploads: one transaction, locks in the global order, refusals in place (ALGORITHMS.md 1, "Commit")."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import orjson
from sqlalchemy import Connection, select, update

from foundation.authorization import Action
from foundation.database import RowVanished
from foundation.problems import Invalid, Problem
from foundation.sql import any_of, now
from metadata import contents as content_rows
from metadata.batch import GroupResult, Put, Result
from metadata.chunk_lists import check_sizes, check_total
from metadata.commit_results import results_from, results_text
from metadata.contents import Content
from metadata.model import Target, UploadState
from metadata.operations.puts import Publication, put_all
from metadata.operations.work import Work
from metadata.quotas import limited_owners, lock_accounts
from metadata.schema import blocks, buckets, uploads
from metadata.seams import CommitRequest
from metadata.upload_rows import UploadRow, find_upload, let_go, lock_uploads


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request; where its plan was staged in pages before, the hash of how many chunks."""

    request: CommitRequest
    staged_hash: bytes | None = None
    staged_chunks: int = 0


@dataclass(frozen=True, slots=True)
class _Ready:
    """A content that is written and waits for its bucket."""

    prepared: Prepared
    upload: UploadRow
    target: Target
    bucket: UUID
    content: Content


def commit_one(connection: Connection, prepared: Prepared) -> Result:
    """Raises what stands against it: the whole transaction rolls back."""
    lock_uploads(connection, [prepared.request.upload])
    found = _made_ready(connection, prepared)
    return found if isinstance(found, Result) else _published(connection, found)


def commit_several(connection: Connection, prepared: Sequence[Prepared]) -> list[Result | Problem]:
    """Each by itself behind a savepoint; the locks of all, kind by kind, in the global order."""
    lock_uploads(connection, [one.request.upload for one in prepared])
    _lock_blocks(connection, prepared)
    outcomes = [_attempt(connection, partial(_made_ready, connection, one)) for one in prepared]
    buckets_named = {outcome.bucket for outcome in outcomes if isinstance(outcome, _Ready)}
    lock = select(buckets.c.id).where(any_of(connection, buckets.c.id, buckets_named)).order_by(buckets.c.id)
    connection.execute(lock.with_for_update(key_share=True)).all()
    lock_accounts(connection, limited_owners(connection, buckets_named))
    return [
        _publish_or_withdraw(connection, outcome) if isinstance(outcome, _Ready) else outcome for outcome in outcomes
    ]


def _attempt(connection: Connection, body: Callable[[], Result | _Ready]) -> Result | _Ready | Problem:
    try:
        with connection.begin_nested():
            return body()
    except Problem as problem:
        return problem


def _publish_or_withdraw(connection: Connection, ready: _Ready) -> Result | Problem:
    outcome = _attempt(connection, lambda: _published(connection, ready))
    if isinstance(outcome, _Ready):
        raise AssertionError("unreachable")
    if isinstance(outcome, Problem) and ready.prepared.staged_hash is None:
        content_rows.withdraw(connection, ready.content.id)
    return outcome


def _lock_blocks(connection: Connection, prepared: Sequence[Prepared]) -> None:
    ids: set[bytes] = set()
    for one in prepared:
        if one.request.chunks is not None:
            ids.update(chunk.id for chunk in one.request.chunks)
        elif one.staged_hash is None:
            writer = select(uploads.c.writer).where(uploads.c.id == one.request.upload)
            number = connection.execute(writer).scalar_one_or_none()
            ids.update(id for id, _ in content_rows.planned_chunks(connection, number or 0))
    lock = select(blocks.c.id).where(any_of(connection, blocks.c.id, ids)).order_by(blocks.c.id)
    connection.execute(lock.with_for_update(read=True, key_share=True)).all()


def _made_ready(connection: Connection, prepared: Prepared) -> Result | _Ready:
    """Judge the upload and its chunks and write the content; the result where it was committed before."""
    request = prepared.request
    upload = find_upload(connection, request.caller, request.upload)
    if upload.state is UploadState.COMMITTED:
        (made,) = results_from(connection, upload)
        if isinstance(made, GroupResult):
            raise AssertionError("an upload with a path makes a version")
        return made
    upload.must_be_open()
    if upload.target is None or upload.bucket is None:
        raise Invalid("This upload has no path; it is for `POST /buckets/{bucket}/commits`.")
    content = _content(connection, prepared, upload)
    return _Ready(prepared, upload, upload.target, upload.bucket, content)


def _content(connection: Connection, prepared: Prepared, upload: UploadRow) -> Content:
    digests = dict(prepared.request.digests or {})
    if prepared.staged_hash is not None:
        staged = _staged(connection, prepared.staged_chunks, upload)
        return content_rows.finish_staged(connection, staged, prepared.staged_hash, orjson.dumps(digests).decode())
    given = prepared.request.chunks
    chunks = (
        content_rows.planned_chunks(connection, upload.writer)
        if given is None
        else [(chunk.id, chunk.size) for chunk in given]
    )
    check_sizes([size for _, size in chunks], upload.chunking)
    content = content_rows.content_of(chunks, digests)
    check_total(content.size, upload.size)
    held = content_rows.held_sizes(connection, upload.writer, {id for id, _ in chunks}) if chunks else {}
    content_rows.judge(chunks, held)
    content_rows.insert_contents(connection, [content], now(connection))
    if given is None:
        content_rows.insert_planned(connection, upload.writer, content.id)
    else:
        content_rows.insert_chunks(connection, [(content.id, given)])
    return content


def _staged(connection: Connection, hashed_chunks: int, upload: UploadRow) -> Content:
    staged = content_rows.staged_content(connection, upload.writer)
    if staged is None or not staged.num_chunks == upload.planned_chunks == hashed_chunks:
        raise RowVanished  # Further chunks were planned after the plan was hashed, or after its last page was staged.
    check_total(staged.size, upload.size)
    content_rows.check_staged(connection, staged.id, upload.chunking)
    return staged


def _published(connection: Connection, ready: _Ready) -> Result:
    request = ready.prepared.request
    work = Work.begun(connection, request.caller, ready.bucket, Action.WRITE_FILE)
    (result,) = put_all(work, [Publication(_put(ready), ready.content)])
    if isinstance(result, Problem):
        raise result
    work.finish()
    let_go(connection, ready.upload.writer, content=ready.content.id)
    mark_committed(connection, ready.upload.writer, work, [result], size=ready.content.size)
    return result


def _put(ready: _Ready) -> Put:
    target, request = ready.target, ready.prepared.request
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
    connection: Connection,
    writer: int,
    work: Work,
    results: Sequence[Result | GroupResult],
    *,
    size: int | None = None,
    said: str | None = None,
) -> None:
    """The upload's last word, and what it answers from now on. `said`: of a batch, see `said_of`."""
    values = {"state": UploadState.COMMITTED.value, "result": results_text(work, results, said), "active_at": work.moment}
    statement = update(uploads).where(uploads.c.writer == writer)
    connection.execute(statement.values(**values | ({"size": size} if size is not None else {})))
