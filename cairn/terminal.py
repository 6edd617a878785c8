"""What the verbs write: names that cannot steer a terminal, and one JSON document where programs ask for it."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from datetime import datetime


_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([KMGTPE]?)(?:i?B)?", re.ASCII | re.IGNORECASE)


def shown(text: object) -> str:
    """`text` with everything a terminal would obey or hide, direction marks too, as escapes such as `\\x1b` and `\\u202e`."""
    written = str(text)
    return written if written.isprintable() else "".join(map(_shown, written))


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return letter.encode("unicode_escape", "surrogatepass").decode()


def say(line: str) -> None:
    """One line of the answer."""
    sys.stdout.write(line + "\n")


def note(line: str) -> None:
    """One line beside the answer."""
    sys.stderr.write(line + "\n")


def say_json(document: Any, output: TextIO | None = None) -> None:
    """One JSON document on one line: snake_case, sizes in bytes, times RFC 3339 in UTC. Frozen dataclasses become objects.

    Bytes of local names that are no UTF-8 become escapes, as `shown` writes them.
    """
    import orjson

    try:
        told = orjson.dumps(document, default=str, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:
        told = orjson.dumps(_in_unicode(document), default=str, option=orjson.OPT_UTC_Z)
    (output or sys.stdout).write(told.decode() + "\n")


def _in_unicode(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _in_unicode(one) for name, one in value.items()}
    return [_in_unicode(one) for one in value] if isinstance(value, list | tuple) else value


def time_text(time: "datetime | None") -> str:
    """19 characters in UTC; nothing for no time."""
    return time.strftime("%Y-%m-%d %H:%M:%S") if time else ""


def say_table(rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Lines with the first `left` columns to the left, and the others, figures, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.ljust(width) if index < left else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        say("  ".join(cells).rstrip())


def say_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    say_table([(name, str(value)) for name, value in facts.items()], left=2)


def size_from(text: str) -> int:
    """`1500`, `500M`, `10GiB`: bytes, in powers of 1024. Raises typer.BadParameter."""
    from decimal import Decimal

    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no size, such as 1500, 500M or 10G")
    number, unit = found.groups()
    return int(Decimal(number) * 1024 ** "bkmgtpe".index(unit.lower() or "b"))


def size_text(size: int) -> str:
    """Four digits at most: `999 B`, `1.0 KiB`, `1.5 GiB`."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        amount /= 1024
        if amount < 1000 or unit == "EiB":
            break
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"
