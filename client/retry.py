"""When a call that failed is made again: exponential backoff with jitter, within a budget of time."""

from collections.abc import Callable
from dataclasses import dataclass

from foundation.problems import Problem

TEMPORARY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Failure:
    """One try of a call that failed. `may_have_happened`: the server may have acted on it."""

    problem: Problem
    is_temporary: bool
    may_have_happened: bool
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`budget_seconds` from a call's first failure on: long enough to ride out a restart of the server. 0: never again."""

    budget_seconds: float = 60.0
    first_delay_seconds: float = 0.1
    longest_delay_seconds: float = 5.0

    def delay(
        self, failure: Failure, tries: int, waited_seconds: float, is_repeatable: bool, dice: Callable[[], float]
    ) -> float | None:
        """Seconds until the next try after `tries` failed ones, None: give up. `dice()` is in [0, 1).

        The server's Retry-After is the least that is waited. Half of our own delay is chance, so that a thousand
        clients do not come back at once.
        """
        if not failure.is_temporary or (failure.may_have_happened and not is_repeatable):
            return None
        longest: float = min(self.longest_delay_seconds, self.first_delay_seconds * 2 ** min(tries - 1, 16))
        delay = max(longest * (0.5 + dice() / 2), failure.retry_after_seconds or 0.0)
        return delay if waited_seconds + delay <= self.budget_seconds else None
