"""Commits in SQL: the transactions around metadata.commit and metadata.batches, and the staging of long lists."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection

from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import Problem
from foundation.sql import now
from metadata import contents
from metadata.batch import Batch, BatchResult, Result
from metadata.batches import apply_batch
from metadata.commit import Prepared, commit_one, commit_several
from metadata.idempotency import Answer, done_once
from metadata.model import UploadState
from metadata.seams import CommitRequest
from metadata.settings import CatalogueSettings
from metadata.sql_uploads import SqlUploads
from metadata.upload_rows import find_upload, lock_uploads

_APPLIED: Answer[BatchResult] = Answer(BatchResult, 200)


class SqlCommits:
    """See metadata.seams.Commits."""

    def __init__(self, database: Database, uploads: SqlUploads, settings: CatalogueSettings) -> None:
        self._database = database
        self._uploads = uploads
        self._settings = settings

    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        prepared = {}  # One request an upload and caller: the same one twice has one answer.
        for request in requests:
            key = (request.upload, request.caller.user)
            if key not in prepared:
                prepared[key] = self._prepared(request)
        ready = [one for one in prepared.values() if isinstance(one, Prepared)]
        outcomes = iter(self._committed(ready))
        answers = {key: next(outcomes) if isinstance(one, Prepared) else one for key, one in prepared.items()}
        return [answers[request.upload, request.caller.user] for request in requests]

    def apply(self, caller: Identity, batch: Batch) -> BatchResult:
        def body(connection: Connection) -> BatchResult:
            return done_once(connection, caller, batch.once, _APPLIED, lambda: apply_batch(connection, caller, batch))

        repeatable = batch.upload is not None or batch.once is not None
        return self._database.write(body, repeat_unknown=repeatable)

    def _committed(self, ready: Sequence[Prepared]) -> Sequence[Result | Problem]:
        if not ready:
            return []
        if len(ready) > 1:
            return self._database.write(lambda connection: commit_several(connection, ready), repeat_unknown=True)
        try:
            return [self._database.write(lambda connection: commit_one(connection, ready[0]), repeat_unknown=True)]
        except Problem as problem:
            return [problem]

    def _prepared(self, request: CommitRequest) -> Prepared | Problem:
        """Stage a long list; a short one is written by the commit itself."""
        page = self._settings.stage_chunks
        try:
            upload = self._database.read(lambda connection: find_upload(connection, request.caller, request.upload))
            if upload.state is not UploadState.OPEN:
                return Prepared(request)
            if request.chunks is not None and len(request.chunks) > page:
                for first in range(0, len(request.chunks), page):
                    self._uploads.plan(request.caller, request.upload, first, request.chunks[first : first + page])
            elif request.chunks is not None or upload.planned_chunks <= page:
                return Prepared(request)
            return self._staged(request, page)
        except Problem as problem:
            return problem

    def _staged(self, request: CommitRequest, page: int) -> Prepared:
        """Write the plan's chunks, a page a transaction, and hash them. Goes on where an earlier try ended."""
        digest, done = hashlib.sha256(), 0
        while chunks := self._page(request, done, page):
            for id, _ in chunks:
                digest.update(id)
            done += len(chunks)
        staged = 0
        while staged < done:
            staged = self._database.write(lambda connection: self._stage(connection, request, page))
        return Prepared(request, digest.digest(), done)

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
