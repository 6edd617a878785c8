"""The process that a worker's hands are copies of: how they begin and end, and what is left when it is gone."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cairn import nursery
from cairn.nursery import Nursery, NurseryLost
from tests.servers.cairn_server import wait_until
from tests.servers.processes import children, descendants, freeze, thaw, wait_until_gone

COMMAND = [sys.executable, "-m", "tests.cairn.nursery_child", str(os.getpid())]


@pytest.fixture
def found() -> Iterator[Nursery]:
    with closing(Nursery.started(COMMAND, [], os.environ)) as one:
        yield one


def process_of(_: Nursery) -> int:
    """The newest of this test's children that is one."""
    return next(
        child
        for child in sorted(children(os.getpid()), reverse=True)
        if b"nursery_child" in Path(f"/proc/{child}/cmdline").read_bytes()
    )


def test_a_hand_tells_the_status_that_it_ended_with(found: Nursery) -> None:
    first, second = found.hand("7"), found.hand("0")
    assert (first.wait(60), second.wait(60)) == (7, 0)
    assert first.poll() == 7


def test_a_hand_lives_until_it_is_told_to_end(found: Nursery) -> None:
    hand = found.hand("endless")
    wait_until(lambda: hand.has_begun, 60)
    assert hand.poll() is None
    hand.send_signal(signal.SIGTERM)
    assert hand.wait(60) == -signal.SIGTERM
    hand.send_signal(signal.SIGTERM)  # It harms nobody.


def test_a_hand_whose_work_fails_ends_and_the_next_begins(found: Nursery) -> None:
    assert found.hand("no number").wait(60) == 1
    assert found.hand("5").wait(60) == 5


def test_hands_end_with_their_nursery_which_is_missed_when_the_next_is_begun(found: Nursery) -> None:
    hand = found.hand("endless")
    wait_until(lambda: hand.has_begun, 60)
    (working,) = descendants(process_of(found))
    os.kill(process_of(found), signal.SIGKILL)
    assert hand.wait(60) == -signal.SIGKILL
    wait_until_gone([working])
    with pytest.raises(NurseryLost):
        found.hand("0")


def test_a_hand_that_begins_after_it_was_given_up_is_killed(found: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found.hand("0").wait(60) == 0
    freeze(process_of(found))
    hand = found.hand("endless")
    assert not hand.is_late()
    monkeypatch.setattr(nursery, "_BEGIN_SECONDS", 0.0)
    assert hand.is_late()
    hand.give_up()
    thaw(process_of(found))
    assert found.hand("3").wait(60) == 3
    wait_until(lambda: descendants(process_of(found)) == [])
