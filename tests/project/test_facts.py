"""The page that says which test shows a fact names tests that exist, and where the fact is from."""

import re

from tests.project.sources import PROJECT

PAGE = PROJECT / "docs" / "login.md"


def test_every_fact_of_the_provider_has_its_source_and_a_test_that_exists() -> None:
    section = PAGE.read_text().partition("\n## As a provider\n")[2].partition("\n## ")[0]
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^(?:async )?def (test_\w+)", tests, re.MULTILINE))
    rows = [line for line in section.splitlines() if "`test_" in line]
    assert len(rows) >= 30
    for row in rows:
        assert set(re.findall(r"`(test_\w+)`", row)) <= exist, row
        assert "](https://" in row, row
