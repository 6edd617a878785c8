"""A Dockerfile as its instructions, and .dockerignore as what it lets through: the parts of both formats that ours use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

KNOWN = frozenset(
    {
        "ARG",
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "LABEL",
        "ENV",
        "USER",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """`stage`: the number of the FROM that it comes after, from 1; 0 before the first."""

    stage: int
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """Raises ValueError for a word that is no instruction."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: list[Instruction] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.partition(" ")
        if word not in KNOWN:
            raise ValueError(f"{word} is no instruction")
        stage = (found[-1].stage if found else 0) + (word == "FROM")
        found.append(Instruction(stage, word, rest.strip()))
    return found


def let_through(folder: Path, rules: str) -> Iterator[Path]:
    """The files below `folder` that the builder gets, without looking into folders that nothing lets through."""
    patterns = [line.strip() for line in rules.splitlines() if line.strip() and not line.startswith("#")]
    tops = {pattern[1:].partition("/")[0] for pattern in patterns if pattern.startswith("!")}
    for top in sorted(tops):
        start = folder / top
        yield from (path for path in _files(start, folder, patterns) if _passes(path.relative_to(folder), patterns))


def _files(start: Path, folder: Path, patterns: list[str]) -> Iterator[Path]:
    if not start.is_dir():
        yield start
        return
    for path in start.iterdir():
        shut = any(_fits(path.relative_to(folder), pattern) for pattern in patterns if pattern.count("/"))
        if (
            path.is_dir()
            and shut
            and not any(pattern.startswith(f"!{path.relative_to(folder)}") for pattern in patterns)
        ):
            continue
        yield from _files(path, folder, patterns)


def _passes(path: Path, patterns: list[str]) -> bool:
    """The last line that fits decides; a line fits what is below it, too."""
    passes = True
    for pattern in patterns:
        if _fits(path, pattern.removeprefix("!")):
            passes = pattern.startswith("!")
    return passes


def _fits(path: Path, pattern: str) -> bool:
    parents = [path, *path.parents][:-1]
    if pattern.startswith("**/"):
        return any(fnmatch(parent.name, pattern[3:]) for parent in parents)
    return any(
        len(parent.parts) == pattern.count("/") + 1 and fnmatch(parent.as_posix(), pattern) for parent in parents
    )
