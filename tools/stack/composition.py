"""compose/compose.yaml as the native stack reads it: the parts of the format that the file uses, refused where it uses more."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).resolve().parents[2] / "compose"
OURS = "compose/Dockerfile"
# ${NAME}, ${NAME:-default}, ${NAME:?what it is}: the Compose specification, "Interpolation".
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:-|:\?)(?P<rest>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Service:
    """`of`: the service of the file, of which there may be several: chunker, chunker-2. `is_ours`: it runs our image, whose entry point is
    `cairn`. `after`: services by the condition in which they must be.
    """

    name: str
    of: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_ours: bool
    restarts: bool
    after: Mapping[str, str] = field(default_factory=dict)


def environment_of(*files: Path) -> dict[str, str]:
    """NAME=value lines of the files that exist; later ones win."""
    found: dict[str, str] = {}
    for file in files:
        if file.exists():
            lines = (line.strip() for line in file.read_text().splitlines())
            found |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return found


def services(variables: Mapping[str, str], profiles: frozenset[str]) -> dict[str, Service]:
    """Every service without a profile, and those of `profiles`. Raises ValueError for a variable that must be set."""
    document = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    wanted = {
        name: _interpolated(given, variables)
        for name, given in document["services"].items()
        if not given.get("profiles") or profiles & set(given["profiles"])
    }
    return {
        each: _service(each, name, given, frozenset(wanted))
        for name, given in wanted.items()
        for each in _names(name, given)
    }


def _names(name: str, given: Mapping[str, Any]) -> Iterator[str]:
    """One for each replica: worker, worker-2, …."""
    yield name
    for number in range(2, int(given.get("deploy", {}).get("replicas", 1)) + 1):
        yield f"{name}-{number}"


def _service(name: str, of: str, given: Mapping[str, Any], present: frozenset[str]) -> Service:
    after = {other: how["condition"] for other, how in given.get("depends_on", {}).items() if other in present}
    return Service(
        name,
        of,
        tuple(map(str, given.get("command", ()))),
        {key: str(value) for key, value in given.get("environment", {}).items()},
        given.get("build", {}).get("dockerfile") == OURS,
        given.get("restart", "no") != "no",
        after,
    )


def _interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_interpolated(inner, variables) for inner in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(found["name"], "")
    if found["how"] == ":?" and not value:
        raise ValueError(f"{found['name']} is not set: {found['rest']}")
    return value or (found["rest"] or "" if found["how"] == ":-" else "")
