"""Commits that tell, after commit, which journals grew."""

from collections.abc import Sequence

from foundation.identity import Identity
from foundation.problems import Problem
from metadata.batch import Batch, BatchResult, Result
from metadata.seams import CommitRequest, Commits
from metadata.sql_buckets import Notify


class NotifyingCommits:
    """A decorator of Commits."""

    def __init__(self, commits: Commits, notify: Notify) -> None:
        self._commits, self._notify = commits, notify

    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        results = self._commits.commit(requests)
        self._notify({result.version.bucket_id for result in results if not isinstance(result, Problem)})
        return results

    def apply(self, caller: Identity, batch: Batch) -> BatchResult:
        result = self._commits.apply(caller, batch)
        made = {one.version.bucket_id for one in result.results if isinstance(one, Result)}
        self._notify(made | {result.bucket_id})
        return result
