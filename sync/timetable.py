"""The one table of chores: which there are, how often each looks by itself, and in which queue it runs."""

from collections.abc import Callable, Sequence

from sync.chore import DAY, Chore, Pause, Queue
from sync.collect import close, collect, erase, expire, index, nominate, prune, recount, sweep
from sync.parts import Parts


def chores(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """The same for the threads of a service and for Celery's tasks."""
    return _collecting(parts, pause)


def _collecting(parts: Parts, pause: Pause) -> Sequence[Chore]:
    """Whatever may erase asks `truths` before each pass."""
    collection, store, truths = parts.collection, parts.store, parts.truths

    def agreed(run: Callable[[], int]) -> Callable[[], int]:
        def require_and_run() -> int:
            truths.require()
            return run()

        return require_and_run

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
        Chore(Queue.COLLECT, "prune", DAY, lambda: prune(collection, pause)),
        Chore(Queue.COLLECT, "sweep", 7 * DAY, agreed(lambda: sweep(collection, store, truths.seen, pause))),
        Chore(Queue.COLLECT, "generation", DAY, raised),
    )
