"""A manifest's values as they lie in the store: keys, the seal, a page's head, lines of records (docs/format.md)."""

import hmac
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from metadata import ManifestRecord, line_of, record_from
from sync.errors import ManifestInvalid

PREFIX = "manifest/"
FORMAT = 1
# Of lines before they are packed; a line is at most a tenth of it, but for texts of people.
VALUE_BYTES = 4 * 1024 * 1024
_MAX_UNPACKED = 64 * 1024 * 1024
_SEALED = re.compile(rb"cairn-manifest 1 ([0-9a-f]{64})\n")
_HEAD_BYTES = 82
_KEY = re.compile(r"manifest/([0-9a-f-]{36})/([0-9]{10}\.[0-9]{19}\.[0-9a-f]{16})/([0-9]{6})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies: the bucket's part, and which number of it."""

    bucket: UUID
    part: str
    number: int

    @classmethod
    def parse(cls, key: str) -> "Place | None":
        found = _KEY.fullmatch(key)
        try:
            return cls(UUID(found[1]), found[2], int(found[3])) if found else None
        except ValueError:
            return None

    @property
    def generation(self) -> int:
        return int(self.part.partition(".")[0])

    def __str__(self) -> str:
        return f"{PREFIX}{self.bucket}/{self.part}/{self.number:06d}"


def part_name(generation: int, after: int, nonce: str) -> str:
    """`nonce`: 16 hex digits, higher for what is written later."""
    return f"{generation:010d}.{after:019d}.{nonce}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a value is: how things stood when the bucket's journal was at `sequence`.

    `after` 0: a page of everything; else of what changed behind it. `until`: in the part's last value alone, how far the part goes.
    """

    installation: UUID
    bucket: UUID
    after: int
    sequence: int
    until: int | None


class Seal:
    """HMAC-SHA256 over a value and its key, with a key made of CAIRN_SECRET for this alone."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"cairn manifests, version 1", "sha256")

    def mark(self, key: str, packed: bytes) -> bytes:
        """64 hex digits."""
        return hmac.digest(self._key, key.encode() + b"\n" + packed, "sha256").hex().encode()


def value_of(seal: Seal, place: Place, head: Head, lines: Iterable[bytes]) -> bytes:
    told = {
        "format": FORMAT,
        "installation": str(head.installation),
        "bucket": str(head.bucket),
        "after": head.after,
        "sequence": head.sequence,
        "until": head.until,
    }
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    pieces = [packer.compress(json.dumps({"page": told}).encode() + b"\n"), *map(packer.compress, lines)]
    packed = b"".join([*pieces, packer.flush()])
    return b"cairn-manifest 1 " + seal.mark(str(place), packed) + b"\n" + packed


def read_value(seal: Seal | None, place: Place, value: bytes) -> tuple[Head, list[bytes]]:
    """Its head and its lines. `seal` None: whoever wrote it is believed. Raises ManifestInvalid, which says why."""
    sealed = _SEALED.match(value)
    if not sealed:
        raise ManifestInvalid(f"meta/{place} is no manifest of format {FORMAT}.")
    packed = value[_HEAD_BYTES:]
    if seal is not None and not hmac.compare_digest(sealed[1], seal.mark(str(place), packed)):
        raise ManifestInvalid(f"meta/{place} was not written with this secret, or is damaged.")
    head, *lines = _lines(place, packed)
    try:
        told = json.loads(head)["page"]
        if told["format"] != FORMAT:
            raise ManifestInvalid(f"meta/{place} is of format {told['format']}; this version knows {FORMAT}.")
        until = None if told["until"] is None else int(told["until"])
        read = Head(UUID(told["installation"]), UUID(told["bucket"]), int(told["after"]), int(told["sequence"]), until)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestInvalid(f"meta/{place} does not begin as a manifest does.") from error
    if read.bucket != place.bucket:
        raise ManifestInvalid(f"meta/{place} is of another bucket.")
    return read, lines


def records_of(place: Place, lines: Iterable[bytes]) -> Iterator[ManifestRecord]:
    """Raises ManifestInvalid."""
    for line in lines:
        try:
            yield record_from(line)
        except ValueError as error:
            raise ManifestInvalid(f"meta/{place}: {error}") from error


def packed_lines(records: Iterable[ManifestRecord]) -> Iterator[Sequence[bytes]]:
    """Lines of records, as many together as one value holds."""
    lines: list[bytes] = []
    size = 0
    for record in records:
        line = line_of(record)
        if lines and size + len(line) > VALUE_BYTES:
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


def _lines(place: Place, packed: bytes) -> list[bytes]:
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(packed, _MAX_UNPACKED)
    except zlib.error as error:
        raise ManifestInvalid(f"meta/{place} cannot be unpacked.") from error
    if not unpacker.eof or unpacker.unused_data or not text:
        raise ManifestInvalid(f"meta/{place} is cut off, or too long.")
    return text.splitlines()
