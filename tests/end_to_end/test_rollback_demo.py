"""The demonstration of MISSION B10 runs, and tells of what does not hold."""

import subprocess
import sys

import pytest

from tools.rollback_demo import DidNotHold, Steps


@pytest.mark.full
def test_the_demonstration_holds_and_says_so_step_by_step() -> None:
    command = [sys.executable, "-m", "tools.rollback_demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    said = done.stdout.splitlines()
    for step in (
        "The second block is refused: 503",
        "Files that anybody sees: []",
        "Sweeping now that the upload has ended takes: 1",
        "All of it held",
    ):
        assert any(step in line for line in said), step


def test_a_step_that_does_not_hold_ends_it() -> None:
    said: list[str] = []
    step = Steps(said.append)
    step("As it should be", 1, 1)
    with pytest.raises(DidNotHold, match=r"2\. Not so: expected 503, found 200"):
        step("Not so", 200, 503)
    assert said == ["1. As it should be: 1"]
