"""Writes docs/problems.md: every problem type that an answer may have, from the classes themselves."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from foundation.problems import URN, Problem, problem_classes

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "problems.md"
HEAD = f"""# Problems

Every error is an RFC 9457 document (`application/problem+json`) with `type`, `title`, `status` and mostly `detail`.
The type is `{URN}<slug>`. Programs decide by the slug, never by the text. `make docs` writes this page.

| slug | status | title | meaning |
|---|---|---|---|
"""


def rooms() -> Iterator[Path]:
    """The folders that hold the product's source."""
    return (path.parent for path in sorted(PROJECT.glob("*/__init__.py")) if path.parent.name not in {"tests", "bench"})


def declared_problems() -> list[type[Problem]]:
    """The problem classes of `foundation.problems` and of every room's `errors` module, by slug."""
    modules = ["foundation.problems", *(f"{room.name}.errors" for room in rooms() if (room / "errors.py").exists())]
    for module in modules:
        importlib.import_module(module)
    return sorted((kind for kind in problem_classes() if kind.__module__ in modules), key=lambda kind: kind.slug)


def page() -> str:
    return HEAD + "".join(_row(kind) for kind in declared_problems())


def _row(kind: type[Problem]) -> str:
    meaning = inspect.cleandoc(kind.__dict__.get("__doc__") or "").partition("\n\n")[0].replace("\n", " ")
    if kind is Problem:
        meaning = "An unexpected error. The server's log holds it, under the answer's request id."
    return f"| `{kind.slug}` | {kind.status} | {kind.title} | {meaning.replace('|', '&#124;')} |\n"
