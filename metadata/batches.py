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
from metadata.batch import Batch, BatchResult, GroupResult, Operation, Put, Result
from metadata.chunk_lists import check_sizes
from metadata.commit import mark_committed
from metadata.commit_results import results_from, said_of
from metadata.contents import Content
from metadata.errors import ChunksInvalid
from metadata.model import UploadState
from metadata.operations.kept_contents import keep_named
from metadata.operations.performing import perform
from metadata.operations.puts import Publication, put_all
from metadata.operations.untouched import check_untouched
from metadata.operations.works import Works
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
        return _repeated(connection, upload, batch)
    if upload is not None:
        upload.must_be_open()
    puts = [operation for operation in batch.operations if isinstance(operation, Put)]
    contents = _contents(connection, caller.user, bucket, upload, puts)
    kept = keep_named(connection, bucket.id, batch.operations) | {content.id for content in contents}
    works = Works.begun(connection, caller, bucket.id, batch.operations)
    work = works.own
    work.kept |= kept
    if batch.base_sequence is not None:
        check_untouched(work, batch.operations, batch.base_sequence)
    results = _all_done(works, batch.operations, contents)
    works.finish()
    if upload is not None:
        taken = {chunk.id for put in puts for chunk in put.chunks}
        let_go(connection, upload.writer, blocks=list(taken))
        mark_committed(connection, upload.writer, work, results, said=said_of(batch))
    return BatchResult(bucket.id, work.sequence, results, group=work.group)


def _locked_upload(connection: Connection, caller: Identity, id: UUID | None) -> UploadRow | None:
    if id is None:
        return None
    lock_uploads(connection, [id])
    upload = find_upload(connection, caller, id)
    if upload.target is not None:
        raise Invalid("This upload has a path of its own; commit it by itself.")
    return upload


def _repeated(connection: Connection, upload: UploadRow, batch: Batch) -> BatchResult:
    """Raises Invalid unless it is the batch that was committed."""
    document = orjson.loads(upload.result or "{}")
    if document.get("said", said := said_of(batch)) != said:
        raise Invalid("This upload was committed with other operations; open another for these.")
    results = results_from(connection, upload)
    group = document.get("group")
    return BatchResult(
        UUID(document["bucket"]), document["sequence"], results, repeated=True, group=UUID(group) if group else None
    )


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
        connection, ((content.id, chunks) for content, chunks in zip(contents, lists, strict=True))
    )
    return contents


def _all_done(works: Works, operations: Sequence[Operation], contents: Sequence[Content]) -> list[Result | GroupResult]:
    """Every operation in order. Raises the first problem, with all of them as `conflicts`."""
    outcomes: list[Result | GroupResult | Problem] = []
    remaining = iter(contents)
    run: dict[str, Publication] = {}
    for operation in operations:
        # Puts on distinct paths, one after another, are one step; whatever else comes must see them done.
        if run and not (isinstance(operation, Put) and operation.path not in run):
            outcomes += put_all(works.own, list(run.values()))
            run = {}
        if isinstance(operation, Put):
            run[operation.path] = Publication(operation, next(remaining))
        else:
            outcomes.append(_done(works, operation))
    if run:
        outcomes += put_all(works.own, list(run.values()))
    results = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
    if len(results) < len(outcomes):
        _refuse(operations, outcomes)
    return results


def _done(works: Works, operation: Operation) -> Result | GroupResult | Problem:
    try:
        return perform(works, operation)
    except Problem as problem:
        return problem


def _refuse(operations: Sequence[Operation], outcomes: Sequence[Result | GroupResult | Problem]) -> None:
    refused = [(index, outcome) for index, outcome in enumerate(outcomes) if isinstance(outcome, Problem)]
    conflicts = [conflict for index, problem in refused for conflict in _conflicts(index, operations[index], problem)]
    first = refused[0][1]
    first.members = first.members | {"conflicts": conflicts}
    raise first


def _conflicts(index: int, operation: Operation, problem: Problem) -> list[dict[str, Any]]:
    """One, or those that an operation on a folder found, each by its path."""
    told = {"operation": index, "problem": problem.slug}
    members = {name: value for name, value in problem.members.items() if name not in ("conflicts", "total")}
    if "conflicts" in problem.members:
        return [conflict | told for conflict in problem.members["conflicts"]]
    path = getattr(operation, "path", None) or getattr(operation, "prefix", None)
    return [members | told | {"path": path, "detail": str(problem)}]
