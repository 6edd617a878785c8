"""docs/security.md names tests that there are, for every promise, and files that there are."""

import re

from tests.project.sources import PROJECT

PAGE = (PROJECT / "docs" / "security.md").read_text()


def promises() -> list[str]:
    section = PAGE.partition("\n## What is promised\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_every_promise_is_shown_by_tests_that_exist() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^\s*(?:async )?def (test_\w+)", tests, re.MULTILINE))
    named = {row: set(re.findall(r"`(test_\w+)`", row)) for row in promises()}
    assert len(named) > 25
    assert {row: names - exist for row, names in named.items() if not names or names - exist} == {}


def test_every_file_that_it_names_is_there() -> None:
    files = re.findall(r"\b(?:compose|tools|docs)/[\w./-]+\w", PAGE)
    assert files
    assert [file for file in files if not (PROJECT / file).exists()] == []
