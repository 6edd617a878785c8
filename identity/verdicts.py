"""Positive verdicts on credentials, remembered for seconds, so that a stream of requests costs no query each."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.identity import Identity

KEPT = timedelta(seconds=5)
MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class _Verdict:
    identity: Identity
    since: datetime
    until: datetime


class Verdicts:
    """Identities by digest of their credential. Thread-safe; forgets all at once, which revocation in this process uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Verdict] = OrderedDict()
        self._generation = 0

    def find(self, key: bytes, now: datetime) -> Identity | None:
        verdict = self._kept.get(key)
        return verdict.identity if verdict and verdict.since <= now < verdict.until else None

    def generation(self) -> int:
        """To be asked before the facts are read: `keep` refuses what was read before something was revoked."""
        return self._generation

    def keep(self, key: bytes, identity: Identity, generation: int, since: datetime, ends_at: datetime | None) -> None:
        until = min(since + KEPT, ends_at or datetime.max.replace(tzinfo=since.tzinfo))
        with self._lock:
            if generation != self._generation:
                return
            self._kept[key] = _Verdict(identity, since, until)
            self._kept.move_to_end(key)
            if len(self._kept) > MAX_ENTRIES:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """After a revocation is committed."""
        with self._lock:
            self._generation += 1
            self._kept.clear()
