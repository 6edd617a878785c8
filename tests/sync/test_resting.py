"""Background work makes way for people who move bytes, and goes on at once when they have ended."""

import pytest

from sync.chore import Interrupted
from sync.resting import BUSY_REST, QUIET_REST, Resting


class Time:
    """Passes only in pauses; people move bytes until `busy_until`."""

    def __init__(self, busy_until: float) -> None:
        self.now, self.busy_until = 0.0, busy_until

    def pause(self, seconds: float = 0.0) -> None:
        self.now += seconds

    def resting(self) -> Resting:
        return Resting(self.pause, lambda: self.now < self.busy_until, lambda: self.now)


def test_while_nobody_moves_bytes_it_rests_hardly_at_all() -> None:
    time = Time(busy_until=0)
    time.resting().after(2.0)
    assert time.now == pytest.approx(2.0 * QUIET_REST)


def test_while_people_move_bytes_it_rests_many_times_as_long_as_it_worked() -> None:
    time = Time(busy_until=1e9)
    time.resting().after(2.0)
    assert time.now == pytest.approx(2.0 * BUSY_REST)


def test_it_goes_on_soon_after_they_have_ended() -> None:
    time = Time(busy_until=3.0)
    time.resting().after(2.0)
    assert 3.0 <= time.now < 3.2


def test_a_rate_is_kept_whoever_is_there() -> None:
    time = Time(busy_until=0)
    time.resting().after(0.01, at_least=5.0)
    assert time.now == pytest.approx(5.0)


def test_it_ends_where_the_process_does() -> None:
    def interrupted(_seconds: float = 0.0) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        Resting(interrupted).after(1.0)
