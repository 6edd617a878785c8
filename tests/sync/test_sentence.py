"""The sentence of truth: "safe" is said only of what is proved, a failure before everything else."""

from datetime import timedelta
from typing import Any

import pytest

from sync.health import State
from sync.summary import Safety, sentence
from tests.sync.records import NOW, figures, standing

MONTH = timedelta(days=30)
LONG_AGO = NOW - timedelta(days=38)
SINCE = NOW - timedelta(minutes=6)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, Safety.SAFE),
        ({"files": 0, "proved_at": None, "oldest_proof": None}, Safety.SAFE),
        ({"pending": 2, "processing": 1}, Safety.CHECKING),
        ({"failed": 1, "pending": 3}, Safety.NEEDS_YOU),
        ({"damaged_blocks": 1}, Safety.NEEDS_YOU),
        ({"missing_blocks": 1}, Safety.NEEDS_YOU),
        ({"proved_at": None}, Safety.UNPROVED),
        ({"oldest_proof": LONG_AGO}, Safety.UNPROVED),
        ({"oldest_proof": NOW - MONTH}, Safety.SAFE),
        ({"oldest_proof": None}, Safety.SAFE),
    ],
)
def test_each_state_follows_from_its_figures(facts: dict[str, Any], state: Safety) -> None:
    assert sentence(figures(**facts), [standing("store", State.UP)], MONTH).state is state


@pytest.mark.parametrize("name", ["store", "worker", "database"])
def test_what_cannot_be_told_is_unknown_and_since_when_but_never_hides_a_failure(name: str) -> None:
    health = [standing("chunker", State.DOWN), standing(name, State.DOWN, SINCE)]
    told = sentence(figures(pending=3), health, MONTH)
    assert (told.state, told.since) == (Safety.UNKNOWN, SINCE)
    failed = sentence(figures(failed=2), health, MONTH)
    assert (failed.state, failed.failed) == (Safety.NEEDS_YOU, 2)
    assert (failed.rest, failed.since) == (Safety.UNKNOWN, SINCE)


@pytest.mark.parametrize("facts", [{"failed": 1}, {"pending": 1}, {"missing_blocks": 1}])
def test_neither_a_failure_nor_a_check_lets_the_rest_pass_for_safe(facts: dict[str, Any]) -> None:
    told = sentence(figures(oldest_proof=LONG_AGO, **facts), [standing("store", State.UP)], MONTH)
    assert told.rest is Safety.UNPROVED
    assert sentence(figures(**facts), [], MONTH).rest is Safety.SAFE


@pytest.mark.parametrize("name", ["chunker", "copy 2", "broker"])
def test_what_proves_nothing_makes_nothing_unknown(name: str) -> None:
    assert sentence(figures(), [standing(name, State.DOWN)], MONTH).state is Safety.SAFE
