"""The product's source files, for rules over all of them."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NOT_ROOMS = {"tests", "bench"}
ROOMS = sorted({path.parent.name for path in PROJECT.glob("*/__init__.py")} - NOT_ROOMS)


def source_files() -> list[Path]:
    """Every Python file of the rooms."""
    return sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))
