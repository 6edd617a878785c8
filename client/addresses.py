"""Buckets and paths as parts of URLs. Segments that a library on the way would collapse are refused first."""

from urllib.parse import quote

from client.errors import AddressInvalid

MAX_PATH_BYTES = 1024
MAX_SEGMENT_BYTES = 255


def segment(text: str) -> str:
    """A bucket's name or an id, percent-encoded as one segment. Raises AddressInvalid."""
    if text in {"", ".", ".."}:
        raise AddressInvalid(f"{text!r} cannot be part of an address")
    return quote(_utf8(text), safe="")


def check_path(path: str) -> str:
    """`path` itself, if a file or (with `/` at its end) a folder may have it by the portable rules. Raises AddressInvalid."""
    reason = path_fault(path)
    if reason:
        raise AddressInvalid(f"{path!r}: {reason}", path=path if path.isprintable() else ascii(path))
    return path


def path_fault(path: str) -> str | None:
    """Which of the portable rules `path` breaks (DESIGN.md 4, "Paths"), None: it is good."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    if not 1 <= size <= MAX_PATH_BYTES:
        return f"a path has 1 to {MAX_PATH_BYTES:,} bytes"
    parts = path.removesuffix("/").split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return "a path has no empty, `.` or `..` segments"
    if any(len(part.encode()) > MAX_SEGMENT_BYTES for part in parts):
        return f"a name between slashes has at most {MAX_SEGMENT_BYTES} bytes"
    # Most names are printable as a whole, in one look; what is not may still hold no control character.
    if not path.isprintable() and any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in path):
        return "a path holds no control characters"
    return None


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise AddressInvalid(f"{text!r} is not UTF-8") from None
