"""What a file's path may be (DESIGN.md 4 "Paths"), and how paths relate: twins, parents, prefixes. Pure."""

import unicodedata

from metadata.errors import PathInvalid
from metadata.model import Naming

MAX_PATH_BYTES = 1024
MAX_SEGMENT_BYTES = 255
# PostgreSQL's B-tree takes rows up to some 2,700 bytes, and normalising may treble a path.
_MAX_FOLDED_BYTES = 2048
_SURROGATES = (0xD800, 0xDFFF)


def check_path(path: str, naming: Naming) -> str:
    """`path` itself. Raises PathInvalid, which names the `rule` broken. A trailing `/` makes it a folder marker."""
    size = _utf8_bytes(path)
    if size == 0:
        raise PathInvalid("A path has at least one character.", rule="empty")
    if size > MAX_PATH_BYTES:
        raise PathInvalid(f"A path has at most {MAX_PATH_BYTES} bytes of UTF-8; this one has {size}.", rule="length")
    if "\0" in path:
        raise PathInvalid("A path holds no NUL.", rule="nul")
    if naming is Naming.PORTABLE:
        _check_portable(path)
    return path


def check_folder(path: str, naming: Naming) -> str:
    """The path of the marker of folder `path`, which may end in `/` or not. Raises PathInvalid."""
    return check_path(path if path.endswith("/") else path + "/", naming)


def folded(path: str) -> str:
    """Equal for paths that differ only in case or normal form, as some file systems see them. At most 2,048 bytes."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    if len(text) * 4 <= _MAX_FOLDED_BYTES:
        return text
    return text.encode()[:_MAX_FOLDED_BYTES].decode(errors="ignore")


def parents(path: str) -> tuple[str, ...]:
    """The folders above `path`, without trailing `/`, outermost first: `a/b/c` and the marker `a/b/c/` → `a`, `a/b`."""
    segments = path.removesuffix("/").split("/")
    return tuple("/".join(segments[:depth]) for depth in range(1, len(segments)))


def prefix_end(prefix: str) -> str | None:
    """The least text above every text that begins with `prefix`, by UTF-8's bytes; None: there is none."""
    last = len(prefix) - 1
    while last >= 0 and prefix[last] == "\U0010ffff":
        last -= 1
    if last < 0:
        return None
    following = ord(prefix[last]) + 1
    if _SURROGATES[0] <= following <= _SURROGATES[1]:
        following = _SURROGATES[1] + 1
    return prefix[:last] + chr(following)


def is_storable(text: str) -> bool:
    """Whether both databases can hold and compare `text`: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any(_SURROGATES[0] <= ord(character) <= _SURROGATES[1] for character in text)


def _check_portable(path: str) -> None:
    if any(unicodedata.category(character) == "Cc" for character in path):
        raise PathInvalid("A path holds no control characters.", rule="control-character")
    for segment in path.removesuffix("/").split("/"):
        if segment in ("", ".", ".."):
            raise PathInvalid(
                f"No part between slashes is empty, `.` or `..`; here one is `{segment}`.", rule="segment"
            )
        size = len(segment.encode())
        if size > MAX_SEGMENT_BYTES:
            raise PathInvalid(
                f"A part between slashes has at most {MAX_SEGMENT_BYTES} bytes of UTF-8; one has {size}.",
                rule="segment-length",
            )


def _utf8_bytes(path: str) -> int:
    try:
        return len(path.encode())
    except UnicodeEncodeError:
        raise PathInvalid("A path is Unicode text; half of a surrogate pair is not.", rule="surrogate") from None
