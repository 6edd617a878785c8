"""How many hands a worker has: one as long as that is enough, and soon as many as it may have when work waits for them."""

from time import monotonic
from typing import Any

from celery.worker.autoscale import Autoscaler

_LOOK_SECONDS = 0.25
# What a beat rings for at once is done in a tenth of this, if nothing is found.
_WAIT_SECONDS = 1.0


class Reserve(Autoscaler):  # type: ignore[misc]  # Celery has no types.
    """Celery's own grows with every two messages that come at once, which here is every few seconds. Runs in Celery's loop."""

    rest_seconds = 60.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"keepalive": _LOOK_SECONDS} | named)
        self._full_since: float | None = None
        self._needed_at = monotonic()

    def maybe_scale(self, _request: object = None) -> None:
        """At each message, and again and again."""
        if self.look(monotonic()):
            self.pool.maintain_pool()

    def look(self, now: float) -> bool:
        """Whether there are now more hands, or fewer."""
        if self.qty < self.processes:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
        if self._full_since is not None and now - self._full_since >= _WAIT_SECONDS:
            self._needed_at = now
            return self._has_grown()
        # Nothing is at work, so that nothing is cut off.
        if not self.qty and self.processes > self.min_concurrency and now - self._needed_at >= self.rest_seconds:
            self._needed_at = now
            self._shrink(1)
            return True
        return False

    def _has_grown(self) -> bool:
        if self.qty <= self.processes or self.processes >= self.max_concurrency:
            return False
        self._grow(min(self.qty, self.max_concurrency) - self.processes)
        return True
