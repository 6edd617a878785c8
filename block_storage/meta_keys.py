"""Keys of the `meta/` namespace, and the flat names they lie under on every medium."""

import re

_SEGMENT = r"(?!\.{1,2}(?:/|$))[a-z0-9._-]+"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
MAX_KEY_CHARACTERS = 200


def flat_name(key: str) -> str:
    """`a/b` → `a=b`. Flat, because `a` and `a/b` are both keys, and no file system has both. Raises ValueError unless `key` is a key."""
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise ValueError(
            "a meta key is segments of [a-z0-9._-] joined by '/', at most 200 characters, none of them '.' or '..'"
        )
    return key.replace("/", "=")


def key_from(flat: str) -> str | None:
    """The key that lies under a flat name; None for a file of any other form."""
    key = flat.replace("=", "/")
    return key if "/" not in flat and len(key) <= MAX_KEY_CHARACTERS and _KEY.fullmatch(key) else None
