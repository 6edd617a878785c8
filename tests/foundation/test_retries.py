"""Retries: few, paused, and stopped by a shared budget."""

from foundation.retries import RetryBudget, RetryTimes


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.pauses.append(seconds)


def test_pauses_double_with_jitter() -> None:
    clock = Clock()
    budget = RetryBudget(
        RetryTimes(tries=4, first_pause_seconds=1.0, begin_within_seconds=100), 20, clock.now, clock.sleep
    )
    assert list(budget.tries()) == [1, 2, 3, 4]
    for pause, middle in zip(clock.pauses, (1, 2, 4), strict=True):
        assert middle / 2 <= pause <= middle * 1.5


def test_no_try_begins_after_the_time_is_up() -> None:
    clock = Clock()
    budget = RetryBudget(RetryTimes(tries=4, begin_within_seconds=10), 20, clock.now, clock.sleep)
    made = 0
    for _ in budget.tries():
        made += 1
        clock.seconds += 9.95
    assert made == 1


def test_the_budget_is_shared_and_refilled_by_success() -> None:
    clock = Clock()
    budget = RetryBudget(RetryTimes(tries=4), 3, clock.now, clock.sleep)
    assert len(list(budget.tries())) == 4
    assert len(list(budget.tries())) == 1
    for _ in range(11):
        budget.succeeded()
    assert len(list(budget.tries())) == 2
