"""Why something waits, in the words that people read."""

from datetime import timedelta

import pytest

from metadata import EventStatus
from sync.health import State
from sync.waiting import Facts, duration, next_step, reason
from tests.sync.records import NOW, event, standing

SINCE = NOW - timedelta(minutes=6)
LATER = NOW + timedelta(seconds=40)


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (184, "Waiting its turn behind 184 others"),
        (18_440, "Waiting its turn behind 18,440 others"),
        (1, "Waiting its turn behind one other"),
        (0, "Waiting its turn"),
        (None, "Waiting its turn"),
    ],
)
def test_what_was_never_tried_tells_how_many_are_before_it(behind: int | None, words: str) -> None:
    assert reason(event(), Facts(NOW, behind=behind)) == words


def test_a_store_that_is_down_is_why_everything_waits_and_since_when() -> None:
    health = [standing("database", State.UP), standing("store", State.DOWN, SINCE)]
    told = "Waiting: the store does not answer since 14:02 UTC"
    assert reason(event(), Facts(NOW, health, behind=9)) == told
    assert reason(event(attempts=2, next_attempt_at=LATER), Facts(NOW, health)) == told


def test_without_a_worker_nothing_has_its_turn() -> None:
    health = [standing("worker", State.DOWN, SINCE)]
    assert reason(event(), Facts(NOW, health, behind=9)) == "Waiting: no worker is at work since 14:02 UTC"


def test_a_slow_copy_is_named_with_the_next_try() -> None:
    health = [standing("copy 1", State.UP), standing("copy 3", State.SLOW)]
    tried = event(attempts=2, next_attempt_at=LATER)
    assert reason(tried, Facts(NOW, health)) == "Waiting: copy 3 is slow. Third try in 40 seconds"


def test_what_the_last_try_said_stands_before_the_next() -> None:
    tried = event(attempts=1, next_attempt_at=LATER, reason="Waiting: the store does not answer.")
    assert reason(tried, Facts(NOW)) == "Waiting: the store does not answer. Second try in 40 seconds"
    assert reason(event(attempts=7), Facts(NOW)) == "Waiting. Eighth try now"


def test_what_is_worked_on_tells_how_far_it_is() -> None:
    worked_on = event(status=EventStatus.PROCESSING, chunks_verified=1204, total_chunks=1717, attempts=1)
    assert reason(worked_on, Facts(NOW, [standing("copy 1", State.SLOW)])) == "Checking: 1,204 of 1,717 parts"
    assert reason(event(status=EventStatus.PROCESSING, total_chunks=0), Facts(NOW)) == "Checking"


def test_what_has_ended_keeps_its_own_reason_and_a_failure_says_what_heals_it() -> None:
    why = "2 parts are missing from the store."
    failed = event(status=EventStatus.FAILED, reason=why, error="parts-missing")
    assert reason(failed, Facts(NOW, [standing("store", State.DOWN)])) == why
    assert next_step(failed) == "Upload the same file again to heal it."
    assert next_step(event(status=EventStatus.FAILED, error="worker-lost")) == "Try it again."
    healed = event(status=EventStatus.COMPLETED, reason="1 part was missing, healed by an upload", error=None)
    assert (reason(healed, Facts(NOW)), next_step(healed)) == ("1 part was missing, healed by an upload", None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (40.4, "40 seconds"),
        (60, "1 minute"),
        (150, "2 minutes"),
        (3600, "1 hour"),
        (172_800, "2 days"),
    ],
)
def test_durations_are_words_of_one_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words
