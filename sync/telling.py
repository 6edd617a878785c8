"""What is told of checks: how many ended how, a line of each that is not right, and a span in the trace of the request that it is of."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import Counter

from foundation import tracing
from foundation.measures import PROCESS
from metadata import EventStatus, Job, Outcome

log = logging.getLogger("cairn.sync")

_CHECKS = Counter(
    "cairn_sync_checks",
    "Checks that ended: the file is completed, failed, or pending again",
    ["status"],
    registry=PROCESS,
)


@contextmanager
def traced(jobs: Sequence[Job]) -> Iterator[None]:
    """What is done for these runs in the trace of the first one's request; in those of the others it is told that it was done."""
    if not tracing.is_traced():
        yield
        return
    first, *others = (tracing.origin_parts(job.origin)[1] for job in jobs)
    began = time.time_ns()
    if first is None:
        yield
    else:
        with tracing.span("verify", parent=first):
            yield
    for parent in others:
        tracing.told("verify", parent, began)


def tell(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    """Whoever sees the log finds the request by its id."""
    by_event = {job.event_id: job for job in jobs}
    for outcome in outcomes:
        _CHECKS.labels(outcome.status.value).inc()
        if outcome.status is not EventStatus.FAILED:
            continue
        asked, _ = tracing.origin_parts(by_event[outcome.event_id].origin)
        told = {"event": str(outcome.event_id), "error": outcome.error, "reason": outcome.reason, "origin": asked}
        log.warning("a check failed: `cairn status` says what heals it", extra=told)
