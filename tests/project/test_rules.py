"""Rules that hold for the files of the project."""

import ast
import re
import tomllib
from itertools import pairwise

import pytest

from tests.project.sources import PROJECT, source_files
from tools import problems

MAX_SOURCE_LINES = 400
MAX_DECISION_LINES = 60
LOCKED = ["requirements-build.txt", "requirements.txt", "requirements-dev.txt"]


def requirements(text: str) -> list[str]:
    """The requirements of a locked file, each with its continuation lines, without comments."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [line for line in lines.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("name", LOCKED)
def test_every_requirement_is_one_version_with_hashes(name: str) -> None:
    loose = [
        line
        for line in requirements((PROJECT / name).read_text())
        if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert loose == []


@pytest.mark.parametrize("name", LOCKED)
def test_no_requirement_names_an_address_or_an_index(name: str) -> None:
    assert re.findall(r"\S*://\S*|^\s*-\S*(?:index|links|host)\S*", (PROJECT / name).read_text(), re.MULTILINE) == []


def test_the_tests_run_with_the_versions_that_are_served_with() -> None:
    served, tested = ({line.split()[0] for line in requirements((PROJECT / name).read_text())} for name in LOCKED[1:])
    assert served - tested == set()


def test_every_requirement_of_the_inputs_is_locked() -> None:
    for locked in LOCKED:
        wanted = (PROJECT / locked).with_suffix(".in").read_text().split()
        names = {re.split(r"[=\[]", line)[0] for line in requirements((PROJECT / locked).read_text())}
        assert {re.split(r"[=<>\[]", name)[0] for name in wanted if name not in {"-r", "requirements.in"}} <= names


def test_no_source_file_is_too_long_to_read() -> None:
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in source_files()}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_SOURCE_LINES} == {}


def test_no_decision_is_longer_than_a_page() -> None:
    decisions = (PROJECT / "docs" / "decisions").glob("*.md")
    assert [path.name for path in decisions if len(path.read_text().splitlines()) > MAX_DECISION_LINES] == []


def test_the_licence_is_apache_2_in_full() -> None:
    text = (PROJECT / "LICENSE").read_text()
    headings = [text.index(f"\n   {number}. ") for number in range(1, 10)]
    assert text.index("Apache License") < text.index("Version 2.0, January 2004") < headings[0]
    assert all(one < other for one, other in pairwise(headings))
    assert "END OF TERMS AND CONDITIONS" in text
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


def test_the_page_of_problems_is_what_the_classes_say() -> None:
    assert problems.PAGE.read_text() == problems.page(), "make docs writes it again"


def test_problems_are_declared_where_the_page_finds_them() -> None:
    names = {kind.__name__ for kind in problems.declared_problems()}
    elsewhere = [
        f"{path.relative_to(PROJECT)}: {node.name}"
        for path in source_files()
        if path.name not in {"errors.py", "problems.py"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and names & {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    ]
    assert elsewhere == [], "Problems belong into their room's errors.py"


def test_no_two_problems_share_a_slug() -> None:
    slugs = [kind.slug for kind in problems.declared_problems()]
    assert len(slugs) == len(set(slugs))


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    pages = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")]
    named = {
        (page.name, target)
        for page in pages
        for target in re.findall(r"(?:`|^\s*(?:\$ )?)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert {(page, target) for page, target in named if target not in targets} == set()
    assert {"run", "test", "test-full", "lint", "bench"} <= targets
