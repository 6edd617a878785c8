"""What the chores of the table (tasks.py) do."""

from collections.abc import Callable, Sequence
from functools import partial

from sync.broken import mend_broken
from sync.chore import Chore, Pause, Queue, drained, in_bursts
from sync.collecting import close, collect, erase, expire, index, nominate, prune, record_days, recount, sweep
from sync.examination import Examination
from sync.looking import Looking
from sync.manifests import ManifestWriter, prune_manifests
from sync.parts import Parts
from sync.reconcile import CountedCollection, prune_events, revive
from sync.resting import Resting
from sync.scrub import Scrub
from sync.tasks import TASKS
from sync.two_truths import TwoTruths
from sync.verify import Verification
from sync.webhook import notify

_NAMED = {task.name: task for task in TASKS}


def chores(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """The same for the threads of a service and for Celery's tasks."""
    return (
        *_verifying(parts, pause),
        *_repairing(parts, pause),
        *_collecting(parts, pause),
        *_writing(parts, pause),
        *_scrubbing(parts, pause),
    )


def _chore(name: str, run: Callable[[], int]) -> Chore:
    task = _NAMED[name]
    return Chore(task.queue, name, task.every_seconds, run)


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
    return (_chore("verify", verification.drain),)


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
        _chore("tell", rung(lambda: drained(lambda: in_bursts(jobs.tell), pause))),
        _chore("spread", rung(lambda: drained(jobs.spread, pause))),
        _chore("repair", lambda: mend_broken(jobs, parts.store, _examination(parts), pause)),
        _chore("revive", rung(lambda: revive(jobs, reconciled, pause))),
        _chore("prune-events", lambda: prune_events(jobs, reconciled, pause)),
        _chore("notify", lambda: notify(parts.proofs, parts.webhook, pause)),
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
    return (_chore("scrub", scrub.run),)


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
        _chore("close", lambda: close(collection, pause)),
        _chore("expire", ended),
        _chore("index", lambda: index(collection, pause)),
        _chore("collect", agreed(lambda: collect(collection, pause))),
        _chore("erase", agreed(lambda: erase(collection, store, pause))),
        _chore("nominate", lambda: nominate(collection, pause)),
        _chore("recount", lambda: recount(collection, pause)),
        _chore("days", lambda: record_days(collection, pause)),
        _chore("prune", lambda: prune(collection, pause)),
        _chore("sweep", agreed(lambda: sweep(collection, store, truths.seen, pause))),
        _chore("generation", raised),
    )


def _writing(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """A database that may be older than the store tells nothing that others should go by."""
    if parts.manifests is None:
        return ()
    written, agreed = parts.manifests, partial(_agreed, parts.truths)
    writer = ManifestWriter(written, parts.store, pause)
    return (
        _chore("manifests", agreed(writer.run)),
        _chore("prune-manifests", agreed(lambda: prune_manifests(written, parts.store, pause))),
    )


def _agreed(truths: TwoTruths, run: Callable[[], int]) -> Callable[[], int]:
    def require_and_run() -> int:
        truths.require()
        return run()

    return require_and_run
