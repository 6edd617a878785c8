"""Commits that are counted by how they end."""

from collections.abc import Sequence

from prometheus_client import Counter

from foundation.identity import Identity
from foundation.measures import PROCESS
from foundation.problems import Problem
from metadata.batch import Batch, BatchResult, Result
from metadata.seams import CommitRequest, Commits

_COMMITS = Counter(
    "cairn_commits", "Uploads and batches that were to be committed, by how it ended", ["outcome"], registry=PROCESS
)
COMMITTED = "committed"


class CountedCommits:
    """A decorator of Commits."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result | Problem]:
        results = self._commits.commit(requests)
        for result in results:
            _COMMITS.labels(result.slug if isinstance(result, Problem) else COMMITTED).inc()
        return results

    def apply(self, caller: Identity, batch: Batch) -> BatchResult:
        try:
            result = self._commits.apply(caller, batch)
        except Problem as problem:
            _COMMITS.labels(problem.slug).inc()
            raise
        _COMMITS.labels(COMMITTED).inc()
        return result
