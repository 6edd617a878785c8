"""Commits in SQL: the transactions around metadata.commit and metadata.batches, and the staging of long lists."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import DatabaseUnavailable, OutcomeUnknown, Problem
from foundation.sql import now
from foundation.tracing import origin
from metadata import contents
from metadata.batch import Batch, BatchResult, Result
from metadata.batches import apply_batch
from metadata.commit import Committed, Deferred, Prepared, commit_all
from metadata.commit_queue import CommitQueue
from metadata.idempotency import Answer, done_once
from metadata.model import UploadState
from metadata.seams import CommitRequest
from metadata.settings import CatalogueSettings
from metadata.sql_uploads import SqlUploads
from metadata.upload_rows import find_upload, lock_uploads

Key = tuple[UUID, Identity]

_APPLIED: Answer[BatchResult] = Answer(BatchResult, 200)


def _key(request: CommitRequest) -> Key:
    return request.upload, request.caller


class SqlCommits:
    """See metadata.seams.Commits."""

    def __init__(self, database: Database, uploads: SqlUploads, settings: CatalogueSettings) -> None:
        self._database = database
        self._uploads = uploads
        self._settings = settings
        self._queue = CommitQueue(self._several)

    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        # Here, not where the transaction runs: that may be another request's thread.
        asked = [Prepared(request, origin()) for request in requests]
        if len(requests) == 1 and requests[0].bucket is not None:
            return [self._queue.commit(requests[0].bucket, asked[0])]
        return self._several(asked)

    def apply(self, caller: Identity, batch: Batch) -> BatchResult:
        def body(connection: Connection) -> BatchResult:
            return done_once(connection, caller, batch.once, _APPLIED, lambda: apply_batch(connection, caller, batch))

        repeatable = batch.upload is not None or batch.once is not None
        return self._database.write(body, repeat_unknown=repeatable)

    def _several(self, asked: Sequence[Prepared]) -> Sequence[Result | Problem]:
        # One request an upload and caller: the same one twice has one answer, the first one's.
        waiting: dict[Key, Prepared] = {}
        for one in asked:
            waiting.setdefault(_key(one.request), one)
        answers: dict[Key, Result | Problem] = {}
        while waiting:
            for key, outcome in zip(list(waiting), self._committed(list(waiting.values())), strict=True):
                further = self._staged_or_refused(waiting[key]) if outcome is Deferred.TO_STAGE else outcome
                if isinstance(further, Prepared):
                    waiting[key] = further
                elif not isinstance(further, Deferred):
                    answers[key] = further
                    del waiting[key]
        return [answers[_key(one.request)] for one in asked]

    def _committed(self, prepared: Sequence[Prepared]) -> Sequence[Committed]:
        """In one transaction; where something stands against all together, each by itself."""
        page = self._settings.stage_chunks
        try:
            return self._database.write(lambda connection: commit_all(connection, prepared, page), repeat_unknown=True)
        except Problem as problem:
            if len(prepared) == 1:
                return [problem]
        outcomes: list[Committed] = []
        for one in prepared:
            outcomes += self._committed([one])
            # The database itself is away: asked for each, all would wait as often as they are.
            if isinstance(outcomes[-1], DatabaseUnavailable | OutcomeUnknown):
                return outcomes + outcomes[-1:] * (len(prepared) - len(outcomes))
        return outcomes

    def _staged_or_refused(self, asked: Prepared) -> Prepared | Problem:
        request = asked.request
        page, given = self._settings.stage_chunks, request.chunks or ()
        try:
            for first in range(0, len(given), page):
                self._uploads.plan(request.caller, request.upload, first, given[first : first + page])
            return self._staged(asked, page)
        except Problem as problem:
            return problem

    def _staged(self, asked: Prepared, page: int) -> Prepared:
        """Write the plan's chunks, a page a transaction, and hash them. Goes on where an earlier try ended."""
        request, digest, done = asked.request, hashlib.sha256(), 0
        while chunks := self._page(request, done, page):
            for id, _ in chunks:
                digest.update(id)
            done += len(chunks)
        staged = 0
        while staged < done:
            staged = self._database.write(lambda connection: self._stage(connection, request, page))
        return replace(asked, staged_hash=digest.digest(), staged_chunks=done)

    def _page(self, request: CommitRequest, first: int, page: int) -> list[tuple[bytes, int]]:
        def body(connection: Connection) -> list[tuple[bytes, int]]:
            writer = find_upload(connection, request.caller, request.upload).writer
            return contents.planned_chunks(connection, writer, first, page)

        return self._database.read(body)

    @staticmethod
    def _stage(connection: Connection, request: CommitRequest, page: int) -> int:
        lock_uploads(connection, [request.upload])
        upload = find_upload(connection, request.caller, request.upload)
        if upload.state is UploadState.COMMITTED:
            return upload.planned_chunks  # Somebody else was faster; the commit gives what they made.
        upload.must_be_open()
        return contents.stage_page(connection, upload.writer, now(connection), page, upload.chunking)
