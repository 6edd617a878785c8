"""FastCDC cuts where it always has, with the compiled kernel and without."""

import subprocess
import sys

import pyfastcdc
import pytest

from tests.chunker.golden_boundaries import BOUNDARIES, INPUTS, cut_by_rule, measured


@pytest.mark.parametrize("name", list(INPUTS))
def test_boundaries_are_frozen(name: str) -> None:
    assert measured(cut_by_rule(name)) == BOUNDARIES[name]


def test_the_compiled_kernel_is_the_one_that_is_used() -> None:
    assert pyfastcdc.FastCDC.__module__.startswith("pyfastcdc.cy")


@pytest.mark.full
def test_the_pure_fallback_cuts_at_the_same_boundaries() -> None:
    command = [sys.executable, "-W", "ignore:Failed to import pyfastcdc", "-m", "tests.chunker.golden_boundaries"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "pyfastcdc.py.fastcdc same\n"
    assert done.stderr == ""
