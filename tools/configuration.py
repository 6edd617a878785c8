"""docs/configuration.md: every setting, from the classes that read them."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from foundation.settings import Settings
from tools.problems import rooms

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "configuration.md"
_HEAD = """# Settings

Environment variables, read once at the start; one environment file serves all services, and each reads what is its own.
A value that cannot be is refused at the start with the variable's name; an empty one is as good as none. `CAIRN_X_FILE` names a file that
holds what `CAIRN_X` would: so secrets are given to containers. `make docs` writes this page.
"""


def settings_classes() -> list[type[Settings]]:
    """Every settings class of the rooms, by the name of its module."""
    for room in rooms():
        for module in pkgutil.iter_modules([str(room)], f"{room.name}."):
            if module.name.endswith(".settings"):
                importlib.import_module(module.name)
    return sorted(_subclasses(Settings), key=lambda kind: kind.__module__)


def page() -> str:
    return _HEAD + "".join(_section(kind) for kind in settings_classes())


def _subclasses(kind: type[Settings]) -> Iterator[type[Settings]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _section(kind: type[Settings]) -> str:
    described = (kind.__doc__ or "").strip()
    rows = "".join(_row(name, field) for name, field in kind.model_fields.items() if name in kind.__annotations__)
    return f"\n## {kind.__module__.partition('.')[0]}\n\n{described}\n\n| variable | default | meaning |\n|---|---|---|\n{rows}"


def _row(name: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("|", "&#124;")
    return f"| `CAIRN_{name.upper()}` | {_default(field.default)} | {meaning} |\n"


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, str | Path):
        return f"`{value}`"
    return f"`{json.dumps(value)}`"
