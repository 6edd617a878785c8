"""Commits that would wait for one another share a transaction: whoever finds a bucket free works for all who wait."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from foundation.problems import Problem
from metadata.batch import Result

MAX_REQUESTS = 64

R = TypeVar("R")
Outcome = Result | Problem


@dataclass(slots=True)
class _Waiting(Generic[R]):
    request: R
    turn: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | BaseException | None = None


class CommitQueue(Generic[R]):
    """By bucket, whose row lock lets only one commit in at a time. Thread-safe."""

    def __init__(self, act: Callable[[Sequence[R]], Sequence[Outcome]]) -> None:
        """`act` commits several, in one transaction if that goes."""
        self._act = act
        self._lock = threading.Lock()
        self._busy: set[UUID] = set()
        self._waiting: dict[UUID, deque[_Waiting[R]]] = defaultdict(deque)

    def commit(self, bucket: UUID, request: R) -> Outcome:
        """What became of `request`; raises what the act raised."""
        mine = _Waiting(request)
        with self._lock:
            self._waiting[bucket].append(mine)
            is_free = bucket not in self._busy
            self._busy.add(bucket)
        if not is_free:
            mine.turn.wait()
        if mine.outcome is None:
            self._lead(bucket)
        if isinstance(mine.outcome, Result | Problem):
            return mine.outcome
        assert mine.outcome is not None  # noqa: S101 — whoever leads stands first in line, and so is served.
        raise mine.outcome

    def waiting(self, bucket: UUID) -> int:
        """How many stand in line."""
        with self._lock:
            return len(self._waiting.get(bucket, ()))

    def _lead(self, bucket: UUID) -> None:
        """Commit for the first who wait, the caller among them; then the next one leads."""
        with self._lock:
            line = self._waiting[bucket]
            group = [line.popleft() for _ in range(min(len(line), MAX_REQUESTS))]
        outcomes: Sequence[Outcome | BaseException]
        try:
            outcomes = self._act([one.request for one in group])
        except BaseException as error:  # noqa: BLE001 — told to everybody who waits for it.
            outcomes = [error] * len(group)
        for one, outcome in zip(group, outcomes, strict=True):
            one.outcome = outcome
            one.turn.set()
        with self._lock:
            if following := self._waiting[bucket]:
                following[0].turn.set()
            else:
                del self._waiting[bucket]
                self._busy.discard(bucket)
