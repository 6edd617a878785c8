"""What the verbs write: names that cannot steer a terminal, and one JSON document where programs ask for it."""

import sys
from typing import Any


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


def say_json(document: Any) -> None:
    """One JSON document on one line: snake_case, sizes in bytes, times RFC 3339 in UTC. Frozen dataclasses become objects."""
    import orjson

    sys.stdout.write(orjson.dumps(document, default=str, option=orjson.OPT_UTC_Z).decode() + "\n")


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
