"""The one table of chores: which there are, how often each looks by itself, and in which queue it runs."""

from collections.abc import Callable, Sequence
from functools import partial

from sync.broken import mend_broken
from sync.chore import DAY, Chore, Pause, Queue, drained, in_bursts
from sync.collect import close, collect, erase, expire, index, nominate, prune, record_days, recount, sweep
from sync.examination import Examination
from sync.looking import Looking
from sync.manifests import ManifestWriter, prune_manifests
from sync.parts import Parts
from sync.reconcile import CountedCollection, prune_events, revive
from sync.resting import Resting
from sync.scrub import Scrub
from sync.two_truths import TwoTruths
from sync.verify import Verification
from sync.webhook import notify


def chores(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """The same for the threads of a service and for Celery's tasks."""
    return (
        *_verifying(parts, pause),
        *_repairing(parts, pause),
        *_collecting(parts, pause),
        *_writing(parts, pause),
        *_scrubbing(parts, pause),
    )


def _examination(parts: Parts) -> Examination:
    return Examination(parts.jobs, parts.blocks, parts.store, parts.doorbell)


def _verifying(parts: Parts, pause: Pause) -> Sequence[Chore]:
    verification = Verification(
        parts.worker(Queue.VERIFY),
        parts.settings.verify_lease,
        parts.jobs,
        parts.store,
        Looking(_examination(parts), parts.jobs.clock),
        Resting(pause, parts.is_busy),
        parts.reconciled,
    )
    return (Chore(Queue.VERIFY, "verify", 5, verification.drain),)


def _repairing(parts: Parts, pause: Pause) -> Sequence[Chore]:
    jobs, reconciled = parts.jobs, parts.reconciled

    def rung(run: Callable[[], int]) -> Callable[[], int]:
        """What it made pending is to be verified now."""

        def run_and_ring() -> int:
            done = run()
            if done:
                parts.doorbell.ring("verify")
            return done

        return run_and_ring

    return (
        Chore(Queue.REPAIR, "tell", 2, rung(lambda: drained(lambda: in_bursts(jobs.tell), pause))),
        Chore(Queue.REPAIR, "spread", 5, rung(lambda: drained(jobs.spread, pause))),
        Chore(Queue.REPAIR, "repair", 300, lambda: mend_broken(jobs, parts.store, _examination(parts), pause)),
        Chore(Queue.REPAIR, "revive", 3600, rung(lambda: revive(jobs, reconciled, pause))),
        Chore(Queue.REPAIR, "prune-events", DAY, lambda: prune_events(jobs, reconciled, pause)),
        Chore(Queue.REPAIR, "notify", 10, lambda: notify(parts.proofs, parts.webhook, pause)),
    )


def _scrubbing(parts: Parts, pause: Pause) -> Sequence[Chore]:
    scrub = Scrub(
        parts.worker(Queue.SCRUB),
        parts.proofs,
        _examination(parts),
        parts.store,
        parts.settings,
        parts.jobs.clock,
        Resting(pause, parts.is_busy),
    )
    return (Chore(Queue.SCRUB, "scrub", 10, scrub.run),)


def _collecting(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """Whatever may erase asks `truths` before each pass."""
    collection, store, truths = CountedCollection(parts.collection, parts.reconciled), parts.store, parts.truths
    agreed = partial(_agreed, truths)

    def raised() -> int:
        truths.raise_generation()
        return 0

    def ended() -> int:
        done = expire(collection, pause)
        return done.uploads + done.versions

    return (
        Chore(Queue.COLLECT, "close", 30, lambda: close(collection, pause)),
        Chore(Queue.COLLECT, "expire", 60, ended),
        Chore(Queue.COLLECT, "index", 5, lambda: index(collection, pause)),
        Chore(Queue.COLLECT, "collect", 30, agreed(lambda: collect(collection, pause))),
        Chore(Queue.COLLECT, "erase", 60, agreed(lambda: erase(collection, store, pause))),
        Chore(Queue.COLLECT, "nominate", DAY, lambda: nominate(collection, pause)),
        Chore(Queue.COLLECT, "recount", DAY, lambda: recount(collection, pause)),
        Chore(Queue.COLLECT, "days", 900, lambda: record_days(collection, pause)),
        Chore(Queue.COLLECT, "prune", DAY, lambda: prune(collection, pause)),
        Chore(Queue.COLLECT, "sweep", 7 * DAY, agreed(lambda: sweep(collection, store, truths.seen, pause))),
        Chore(Queue.COLLECT, "generation", DAY, raised),
    )


def _writing(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """A database that may be older than the store tells nothing that others should go by."""
    if parts.manifests is None:
        return ()
    written, agreed = parts.manifests, partial(_agreed, parts.truths)
    writer = ManifestWriter(written, parts.store, pause)
    return (
        Chore(Queue.COLLECT, "manifests", 10, agreed(writer.run)),
        Chore(Queue.COLLECT, "prune-manifests", DAY, agreed(lambda: prune_manifests(written, parts.store, pause))),
    )


def _agreed(truths: TwoTruths, run: Callable[[], int]) -> Callable[[], int]:
    def require_and_run() -> int:
        truths.require()
        return run()

    return require_and_run
