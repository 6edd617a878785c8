"""The pages that say which test shows a fact name tests that exist."""

import re

from tests.project.sources import PROJECT

PAGE = PROJECT / "docs" / "login.md"


def test_every_fact_of_signing_in_is_shown_by_a_test_that_exists_and_has_its_source() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^(?:async )?def (test_\w+)", tests, re.MULTILINE))
    rows = [line for line in PAGE.read_text().splitlines() if "`test_" in line]
    assert len(rows) >= 30
    for row in rows:
        assert set(re.findall(r"`(test_\w+)`", row)) <= exist, row
        assert "](https://" in row or "| | " in row, row  # What no standard asks has no source.
