"""The name under which a browser saves a content (RFC 6266): both forms, nothing that could act."""

import unicodedata
from urllib.parse import quote

# RFC 8187, attr-char, but for the letters and digits that `quote` never escapes.
_ATTR_CHARS = "!#$&+^`|"
_UNSAFE = frozenset('"\\/:*?<>|%')
MAX_NAME_CHARACTERS = 255


def attachment(path: str) -> str:
    """Content-Disposition for the file at `path`: always a download, never shown on the page's origin."""
    name = _safe(path.rstrip("/").rpartition("/")[2])
    plain = "".join(c if c.isascii() else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"


def _safe(name: str) -> str:
    """Without what file systems refuse, controls, and characters that turn the reading direction or cannot be seen."""
    kept = "".join("_" if c in _UNSAFE or unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in name)
    kept = kept[:MAX_NAME_CHARACTERS].rstrip(". ")
    return kept or "download"
