"""What search looks at: a file's path, description and tags as one folded text, and what must stand in it. Pure.

`path D description E [G tag G tag … G] N N start`, where the capitals are separators that nothing else in it contains:
so one index serves every filter, and nothing matches across a border. `start`: the first two characters of the name.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DESCRIPTION, _END, _TAG, _NAME = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
# Unicode keeps these for a program's own use. What people write with them is searched as U+FFFD, which stands for what
# cannot be shown; SQLite also takes the last two for it.
_RESERVED = dict.fromkeys([*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF], "\ufffd")
GRAM = 3
_START = 2
# pg_trgm indexes words only, and knows where one begins behind a separator.
_WORD = re.compile(rf"[^\W_]{{{GRAM}}}|[{_TAG}{_NAME}][^\W_]")


def folded_text(text: str) -> str:
    """NFKC and casefold: equal for what people take for the same letters."""
    return text.lower() if text.isascii() else _plain(unicodedata.normalize("NFKC", text).casefold())


def search_text(path: str, description: str, tags: Mapping[str, str]) -> str:
    """The text of a file. Tags are taken as they are."""
    text = f"{folded_text(path)}{_DESCRIPTION}{folded_text(description)}{_END}"
    if tags:
        items = (f"{_plain(key)}{_TAG}{_plain(key)}={_plain(value)}" for key, value in tags.items())
        text += _TAG + _TAG.join(items) + _TAG
    return text + _start(path)


def moved_text(text: str, path: str) -> str:
    """The text of a file that had `text` and has another path now."""
    rest = text[text.index(_DESCRIPTION) : text.rindex(_NAME) - 1]
    return f"{folded_text(path)}{rest}{_start(path)}"


@dataclass(frozen=True, slots=True)
class Term:
    """What a text must contain: all of `parts`, one behind the other."""

    parts: tuple[str, ...]

    @property
    def has_word(self) -> bool:
        """Whether pg_trgm's index says anything about it."""
        return any(_WORD.search(part) for part in self.parts)

    def like(self) -> str:
        """As a pattern of LIKE with its usual escape."""
        return "%" + "%".join(re.sub(r"([\\%_])", r"\\\1", part) for part in self.parts) + "%"

    def glob(self) -> str:
        """As a pattern of SQLite's GLOB, which, unlike its LIKE, tells upper from lower case."""
        return "*" + "*".join(re.sub(r"([*?\[])", r"[\1]", part) for part in self.parts) + "*"

    def grams(self) -> Iterator[str]:
        for part in self.parts:
            yield from (part[start : start + GRAM] for start in range(len(part) - GRAM + 1))


def anywhere(text: str) -> Term:
    """In the path or in the description; shorter than three characters: the name begins so."""
    folded = folded_text(text)
    return Term((folded, _END)) if len(folded) >= GRAM else _named(folded)


def in_path(text: str) -> Term:
    """In the path; shorter than three characters: the name, the path's last part, begins so."""
    folded = folded_text(text)
    return Term((folded, _DESCRIPTION)) if len(folded) >= GRAM else _named(folded)


def in_description(text: str) -> Term:
    """In the description; shorter than three characters: it begins so."""
    folded = folded_text(text)
    return Term((_DESCRIPTION, folded, _END) if len(folded) >= GRAM else (_DESCRIPTION + folded, _END))


def tagged(text: str) -> Term:
    """A tag's key is `text`, or its key and value with `=` between them are."""
    return Term((f"{_TAG}{_plain(text)}{_TAG}",))


def _start(path: str) -> str:
    return _NAME + _NAME + folded_text(path.removesuffix("/").rpartition("/")[2])[:_START]


def _named(folded: str) -> Term:
    return Term((_NAME + _NAME + folded,))


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_RESERVED)
