"""Byte ranges (RFC 9110, 14): which bytes of a content a Range header asks for."""

import re
from dataclasses import dataclass

from chunker.errors import RangeNotSatisfiable

MAX_RANGES = 100
_SPECIFIER = re.compile(r"[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class ByteRange:
    """From `start` up to but not including `end`."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_ranges(header: str | None, size: int) -> list[ByteRange] | None:
    """The ranges to send, in ascending order, overlapping and touching ones joined; None: all of it, as if none was asked for.

    A header that cannot be understood, has another unit, or leaves more than 100 ranges after joining is ignored, as RFC 9110,
    14.2 allows. Raises RangeNotSatisfiable if it is understood and no range lies within the content.
    """
    if header is None:
        return None
    unit, equals, text = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    found = []
    for specifier in text.split(","):
        if not specifier.strip():
            continue  # Empty list elements are legal (RFC 9110, 5.6.1).
        match = _SPECIFIER.fullmatch(specifier)
        if not match or not (match[1] or match[2]) or _is_backwards(match):
            return None
        found.append(_range(match[1], match[2], size))
    if not found:
        return None
    joined = _joined([one for one in found if one.start < one.end])
    if not joined:
        raise RangeNotSatisfiable(f"The content has {size:,} bytes.", size=size)
    return joined if len(joined) <= MAX_RANGES else None


def _is_backwards(match: re.Match[str]) -> bool:
    return bool(match[1] and match[2]) and int(match[2]) < int(match[1])


def _range(first: str, last: str, size: int) -> ByteRange:
    if not first:
        return ByteRange(max(0, size - int(last)), size)
    return ByteRange(int(first), min(size, int(last) + 1) if last else size)


def _joined(ranges: list[ByteRange]) -> list[ByteRange]:
    joined: list[ByteRange] = []
    for one in sorted(ranges):
        if joined and one.start <= joined[-1].end:
            joined[-1] = ByteRange(joined[-1].start, max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined
