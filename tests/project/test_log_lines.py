"""Whoever reads a line of the log that is an error is told what to do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.sources import PROJECT, source_files
from tests.watching.test_alerts import anchors

LEVELS = {"error", "exception", "critical"}
PAGE = re.compile(r"(docs/[a-z]+\.md)(?:#([a-z0-9-]+))?")


def errors_in(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"log", "_log", "logger", "logging"}
        ):
            yield node


def has_advice(call: ast.Call) -> bool:
    extra = next((keyword.value for keyword in call.keywords if keyword.arg == "extra"), None)
    return extra is not None and any(
        isinstance(node, ast.Constant) and node.value == "advice" for node in ast.walk(extra)
    )


ERRORS = [(f"{path.relative_to(PROJECT)}:{call.lineno}", call) for path in source_files() for call in errors_in(path)]


@pytest.mark.parametrize("call", [call for _, call in ERRORS], ids=[place for place, _ in ERRORS])
def test_an_error_in_the_log_says_what_to_do(call: ast.Call) -> None:
    assert has_advice(call)


def test_the_rule_finds_the_lines_there_are() -> None:
    assert len(ERRORS) >= 12


@pytest.mark.parametrize("line", ["log.error('broken')", "log.exception('broken', extra={'reason': 'advice?'})"])
def test_the_rule_is_one_that_refuses(line: str) -> None:
    assert not has_advice(ast.parse(line).body[0].value)  # type: ignore[attr-defined]


def test_pages_that_the_code_leads_to_are_there() -> None:
    found = {match.groups() for path in source_files() for match in PAGE.finditer(path.read_text())}
    assert ("docs/operations.md", "requests-fail-or-are-slow") in found
    for page, heading in found:
        text = (PROJECT / page).read_text()
        assert heading is None or heading in anchors(text), (page, heading)
