"""What every verb's `--help` ends with: examples, the answer for programs, where else to look."""

from collections.abc import Mapping, Sequence

EXIT_STATUS = "Exit status: as `cairn --help` says."


def manual(examples: Mapping[str, str], *, answer: str = "", see: Sequence[str] = ()) -> str:
    """`examples`: commands, each with what it does; `answer`: the JSON document that `--json` prints."""
    width = max(map(len, examples))
    lines = [f"  {command.ljust(width)}  {what}".rstrip() for command, what in examples.items()]
    parts = ["\b\n" + "\n".join(["Examples:", *lines])]
    if answer:
        parts.append(f"\b\nWith --json:\n  {answer}")
    parts.append(EXIT_STATUS)
    if see:
        parts.append("See also: " + ", ".join(f"cairn {verb}" for verb in see) + ".")
    return "\n\n".join(parts)
