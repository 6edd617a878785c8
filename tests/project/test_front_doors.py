"""A room is entered by its front door: `from metadata import Commits`, never `from metadata.commit import …`."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.project.sources import PROJECT, ROOMS, source_files

OPEN_INSIDE = {
    "foundation",  # It has no front door: its modules are what it offers.
}
SIDE_DOORS = {
    "chunker.cutting",  # The client cuts as the server does, and must not load the server for it.
    "client.sign_in",  # Most verbs only show a token, and must not load how to get one.
}


def imports(source: str, package: str) -> Iterator[str]:
    """The dotted names of modules that `source`, a module of `package`, may import; relative ones made absolute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if is_module(f"{module}.{alias.name}"))


def is_module(name: str) -> bool:
    path = PROJECT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def side_entries(source: str, package: str) -> list[str]:
    """The imports of `source` that enter another room elsewhere than by its front door."""
    own_room = package.partition(".")[0]
    return [
        name
        for name in imports(source, package)
        if name.partition(".")[0] in set(ROOMS) - OPEN_INSIDE - {own_room}
        and "." in name
        and is_module(name)
        and not any(name == door or name.startswith(f"{door}.") for door in SIDE_DOORS)
    ]


@pytest.mark.parametrize("room", sorted(set(ROOMS) - OPEN_INSIDE))
def test_nothing_that_a_front_door_offers_has_the_name_of_a_module_behind_it(room: str) -> None:
    """Whichever was asked for first would be what the name leads to."""
    offered = getattr(import_module(room), "__all__", ())
    assert [name for name in offered if is_module(f"{room}.{name}")] == []


def test_rooms_enter_each_other_by_the_front_door_only() -> None:
    found = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in source_files()
        for name in side_entries(path.read_text(), ".".join(path.relative_to(PROJECT).parent.parts))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from foundation.problems import Problem", []),
        ("from chunker.cutting import cut", []),
        ("import identity", []),
        ("from identity import User", []),
        ("from sync.errors import X\nfrom . import api", []),
        ("from foundation import problems", []),
        ("import metadata.errors", ["metadata.errors"]),
        ("from metadata.errors import X", ["metadata.errors"]),
        ("def late():\n    from metadata import errors", ["metadata.errors"]),
    ],
)
def test_the_rule_sees_every_way_to_import(source: str, found: list[str]) -> None:
    assert side_entries(source, "sync") == found


def test_importing_the_client_and_cutting_loads_no_server() -> None:
    modules = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for path in source_files()
        if path.is_relative_to(PROJECT / "client") or path.is_relative_to(PROJECT / "chunker" / "cutting")
    ]
    program = (
        "import importlib, sys\n"
        f"for name in {[name for name in modules if not name.endswith('__main__')]!r}: importlib.import_module(name)\n"
        "print(*sorted({'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'celery', 'minio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_import_linter_knows_every_room() -> None:
    configured = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    assert sorted(configured) == ROOMS
