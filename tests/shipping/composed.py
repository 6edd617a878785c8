"""compose/compose.yaml, the image it runs, and the command line that both start: as tests look at them."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer
import yaml

from cairn.__main__ import command
from tests.project.sources import PROJECT
from tools.configuration import settings_classes

COMPOSE_FILE = PROJECT / "compose" / "compose.yaml"
# What `cairn worker` and `cairn beat` listen on is an argument of theirs; what rooms listen on is told by cairn.serve.PORTS.
WORK_PORT = 8006


def compose_document() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return loaded


def our_services() -> Mapping[str, Mapping[str, Any]]:
    """Those that run our image."""
    return {name: service for name, service in compose_document()["services"].items() if "build" in service}


def known_variables() -> frozenset[str]:
    """Every CAIRN_ variable that a settings class reads, and each one's _FILE."""
    names = {f"CAIRN_{field.upper()}" for kind in settings_classes() for field in kind.model_fields}
    return frozenset(names | {f"{name}_FILE" for name in names})


def parsed_options(arguments: Sequence[str]) -> Mapping[str, Any]:
    """What the real command line makes of `arguments`; nothing is run. Raises typer.TyperException for what it refuses."""
    found: Any = typer.main.get_command(command())
    context = found.make_context("cairn", list(arguments))
    while hasattr(found, "resolve_command"):
        name, found, rest = found.resolve_command(context, [*context._protected_args, *context.args])  # noqa: SLF001 — as click itself goes on.
        context = found.make_context(name, rest, parent=context)
    options: Mapping[str, Any] = context.params
    return options
