"""The race over HTTP with lost requests and lost answers: nothing is lost, unless a register is repeated."""

import pytest

from metadata import Blocks, migrate
from tests.metadata.lossy_race import LossyRace

QUICK_SECONDS, FULL_SECONDS, BROKEN_SECONDS = 12, 120, 60


def raced(location: str, seconds: float, uploaders: int = 5) -> tuple[LossyRace, dict[str, int]]:
    race = LossyRace(location, seed=1)
    try:
        race.run(seconds, uploaders)
        return race, {} if race.failures() else race.drain()
    finally:
        race.close()


def assert_nothing_was_lost(location: str, seconds: float) -> None:
    race, leaks = raced(location, seconds)
    assert (race.broken, race.failures(), leaks) == (set(), 0, {}), race.count
    for what in ("commit: done", "files purged", "collected", "erased", "chunks checked"):
        assert race.count[what] > 0, race.count
    assert min(race.network.lost["request"], race.network.lost["answer"]) > 0


def test_nothing_is_lost_when_answers_are(location: str) -> None:
    assert_nothing_was_lost(location, QUICK_SECONDS)


@pytest.mark.full
def test_nothing_is_lost_in_a_long_race_when_answers_are(location: str) -> None:
    assert_nothing_was_lost(location, FULL_SECONDS)


def test_with_register_repeated_under_the_same_names_something_breaks(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Blocks.register.__dict__, "is_repeatable", lambda *_arguments: True)
    migrate(database_url)
    race, leaks = raced(database_url, BROKEN_SECONDS)
    assert race.failures() or leaks, (race.count, race.network.lost)
