"""Publishing: commits are idempotent by their upload, so one whose outcome was lost is asked again."""

import asyncio

from anyio.to_thread import run_sync

from foundation.identity import Identity
from foundation.problems import OutcomeUnknown, Problem
from metadata import Batch, BatchResult, CommitRequest, Commits, Result

PAUSES_SECONDS = (0.1, 0.5)


async def publish(commits: Commits, request: CommitRequest) -> Result:
    """The version that the upload made, now or before. Raises what the catalogue has against it."""
    for pause in PAUSES_SECONDS:
        try:
            return await run_sync(_commit, commits, request)
        except OutcomeUnknown:
            await asyncio.sleep(pause)
    return await run_sync(_commit, commits, request)


def _commit(commits: Commits, request: CommitRequest) -> Result:
    (outcome,) = commits.commit([request])
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


async def apply(commits: Commits, caller: Identity, batch: Batch) -> BatchResult:
    """All operations or none. Only a batch with an upload or a key is done once however often it is asked for."""
    for pause in PAUSES_SECONDS if batch.upload is not None or batch.once is not None else ():
        try:
            return await run_sync(commits.apply, caller, batch)
        except OutcomeUnknown:
            await asyncio.sleep(pause)
    return await run_sync(commits.apply, caller, batch)
