"""A batch of operations on one bucket: all or nothing, in order, one range of the journal (DESIGN.md 5, "Upload")."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from foundation.authorization import Action
from foundation.identity import Identity
from foundation.problems import Invalid, Problem
from foundation.sql import now
from metadata import contents as content_rows
from metadata.access import BucketRow, bucket_for
from metadata.batch import Batch, BatchResult, Delete, MakeFolder, Move, Operation, Put, Restore, Result
from metadata.chunk_lists import check_sizes
from metadata.commit import mark_committed
from metadata.commit_results import results_from
from metadata.contents import Content
from metadata.errors import ChunksInvalid, VersionConflict
from metadata.model import UploadState
from metadata.operations.conflicts import touched_since
from metadata.operations.deletes import delete
from metadata.operations.folders import make_folder
from metadata.operations.moves import move
from metadata.operations.puts import Publication, put_all
from metadata.operations.restores import keep_contents, restore
from metadata.operations.work import Work
from metadata.paths import is_storable
from metadata.upload_rows import UploadRow, find_upload, let_go, lock_uploads

MAX_OPERATIONS = 1_000
MAX_CHUNKS = 10_000


def apply_batch(connection: Connection, caller: Identity, batch: Batch) -> BatchResult:
    """The transaction's only work. Raises; then nothing is left of it."""
    if len(batch.operations) > MAX_OPERATIONS:
        raise Invalid(f"A batch holds at most {MAX_OPERATIONS} operations.")
    bucket = bucket_for(connection, caller, batch.bucket, Action.WRITE_FILE)
    upload = _locked_upload(connection, caller, batch.upload)
    if upload is not None and upload.state is UploadState.COMMITTED:
        return _repeated(connection, upload)
    if upload is not None:
        upload.must_be_open()
    puts = [operation for operation in batch.operations if isinstance(operation, Put)]
    contents = _contents(connection, caller.user, bucket, upload, puts)
    restores = [operation for operation in batch.operations if isinstance(operation, Restore)]
    kept = keep_contents(connection, bucket.id, restores) | {content.id for content in contents}
    work = Work.begun(connection, caller, bucket.id, Action.WRITE_FILE)
    if batch.base_sequence is not None:
        _check_untouched(work, batch.operations, batch.base_sequence)
    results = _all_done(work, batch.operations, contents, kept)
    work.finish()
    if upload is not None:
        taken = {chunk.id for put in puts for chunk in put.chunks}
        let_go(connection, upload.writer, blocks=list(taken))
        mark_committed(connection, upload.writer, work, results)
    return BatchResult(bucket.id, work.sequence, results)


def _locked_upload(connection: Connection, caller: Identity, id: UUID | None) -> UploadRow | None:
    if id is None:
        return None
    lock_uploads(connection, [id])
    upload = find_upload(connection, caller, id)
    if upload.target is not None:
        raise Invalid("This upload has a path of its own; commit it by itself.")
    return upload


def _repeated(connection: Connection, upload: UploadRow) -> BatchResult:
    document = orjson.loads(upload.result or "{}")
    results = results_from(connection, upload)
    return BatchResult(UUID(document["bucket"]), document["sequence"], results, repeated=True)


def _contents(
    connection: Connection, user: UUID | None, bucket: BucketRow, upload: UploadRow | None, puts: Sequence[Put]
) -> list[Content]:
    """A content for each of `puts`, written. Raises BlocksMissing, ChunksInvalid."""
    lists = [[(bytes(chunk.id), chunk.size) for chunk in put.chunks] for put in puts]
    wanted = {id for chunks in lists for id, _ in chunks}
    if sum(map(len, lists)) > MAX_CHUNKS:
        raise ChunksInvalid(f"A batch holds at most {MAX_CHUNKS} chunks; give a long file an upload of its own.")
    held = content_rows.held_sizes(connection, upload.writer, wanted) if upload and wanted else {}
    if not_held := wanted - held.keys():
        held |= content_rows.owned_sizes(connection, user, not_held)
    content_rows.judge([chunk for chunks in lists for chunk in chunks], held)
    contents = []
    for put, chunks in zip(puts, lists, strict=True):
        check_sizes([size for _, size in chunks], bucket.chunking)
        contents.append(content_rows.content_of(chunks, dict(put.digests)))
    content_rows.insert_contents(connection, contents, now(connection))
    content_rows.insert_chunks(
        connection, ((content.id, put.chunks) for content, put in zip(contents, puts, strict=True))
    )
    return contents


def _check_untouched(work: Work, operations: Sequence[Operation], sequence: int) -> None:
    """Raises VersionConflict when the journal names a path or file of the batch after `sequence`."""
    paths, ids = set(), set()
    for operation in operations:
        for name in ("path", "to"):
            if (path := getattr(operation, name, None)) is not None and is_storable(path):
                paths.add(path)
        if (file_id := getattr(operation, "file_id", None)) is not None:
            ids.add(file_id)
    touched = touched_since(work.connection, work.bucket.id, sequence, paths, ids)
    if touched:
        conflicts = [{"path": path, "problem": VersionConflict.slug} for path in touched]
        raise VersionConflict("Paths of this batch changed after its base sequence.", conflicts=conflicts)


def _all_done(
    work: Work, operations: Sequence[Operation], contents: Sequence[Content], kept: frozenset[UUID]
) -> list[Result]:
    """Every operation in order. Raises the first problem, with all of them as `conflicts`."""
    outcomes: list[Result | Problem] = []
    remaining = iter(contents)
    run: dict[str, Publication] = {}
    for operation in operations:
        # Puts on distinct paths, one after another, are one step; whatever else comes must see them done.
        if run and not (isinstance(operation, Put) and operation.path not in run):
            outcomes += put_all(work, list(run.values()))
            run = {}
        if isinstance(operation, Put):
            run[operation.path] = Publication(operation, next(remaining))
        else:
            outcomes.append(_done(work, operation, kept))
    if run:
        outcomes += put_all(work, list(run.values()))
    results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    if len(results) < len(outcomes):
        _refuse(operations, outcomes)
    return results


def _done(work: Work, operation: Operation, kept: frozenset[UUID]) -> Result | Problem:
    try:
        match operation:
            case Delete():
                return delete(work, operation)
            case Move():
                return move(work, operation)
            case Restore():
                return restore(work, operation, kept)
            case MakeFolder():
                return make_folder(work, operation)
            case _:
                raise Invalid("This operation is not known here.")
    except Problem as problem:
        return problem


def _refuse(operations: Sequence[Operation], outcomes: Sequence[Result | Problem]) -> None:
    refused = [(index, outcome) for index, outcome in enumerate(outcomes) if isinstance(outcome, Problem)]
    conflicts: list[dict[str, Any]] = []
    for index, problem in refused:
        operation = operations[index]
        named = {
            "operation": index,
            "path": getattr(operation, "path", None),
            "problem": problem.slug,
            "detail": str(problem),
        }
        conflicts.append(problem.members | named)
    first = refused[0][1]
    first.members = first.members | {"conflicts": conflicts}
    raise first
