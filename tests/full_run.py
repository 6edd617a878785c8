"""What the quick run has a few of, and the full run all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest


def few(cases: Iterable[Any], quick: int = 1) -> list[Any]:
    """Parameters of a test: the first `quick` of `cases` in every run, the others in the full one. A tuple is one of several arguments."""
    return [case if at < quick else _of_full_run(case) for at, case in enumerate(cases)]


def _of_full_run(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.full)


def leave_to_full_run(
    items: Iterable[pytest.Item], folder: Path, modules: frozenset[str], fixture: str, param: str
) -> None:
    """Of the tests in those modules of `folder`: whichever runs with this parameter of that fixture."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if item.path.parent == folder and item.path.stem in modules and params.get(fixture) == param:
            item.add_marker(pytest.mark.full)
