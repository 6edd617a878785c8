"""The page that says which test shows a fact names tests that exist, and where the facts of the provider are from."""

import re

from tests.project.sources import PROJECT

PAGE = PROJECT / "docs" / "login.md"


def facts(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|") and "`test_" in line]


def test_every_fact_of_signing_in_is_shown_by_a_test_that_exists() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^\s*(?:async )?def (test_\w+)", tests, re.MULTILINE))
    named = {row: set(re.findall(r"`(test_\w+)`", row)) for row in facts(PAGE.read_text())}
    assert {row: names - exist for row, names in named.items() if names - exist} == {}


def test_every_fact_of_the_provider_has_its_source() -> None:
    section = PAGE.read_text().partition("\n## As a provider\n")[2].partition("\n## ")[0]
    assert len(facts(section)) >= 30
    assert [row for row in facts(section) if "](https://" not in row] == []
