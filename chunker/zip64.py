"""The ZIP format as far as a streamed archive needs it (PKWARE APPNOTE 6.3): stored entries, UTF-8 names, ZIP64 where it is too small."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile

_32 = 0xFFFFFFFF
_16 = 0xFFFF
_ZIP64_VERSION = 45
_MADE_BY = 3 << 8 | _ZIP64_VERSION  # Unix: the external attributes hold a mode.
_UTF8 = 0x0800
_DESCRIPTOR = 0x0008
_MS_DOS_FOLDER = 0x10
_FIRST, _LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
_DIRECTORY_MEMORY_BYTES = 1024 * 1024
PIECE_BYTES = 128 * 1024


@dataclass(slots=True)
class Entry:
    """One member. `is_streamed`: its CRC follows the bytes in a descriptor; else it must be known when the head is made."""

    name: str
    size: int
    mode: int
    modified_at: datetime
    is_streamed: bool = False
    crc: int = 0

    def head(self) -> bytes:
        """What comes before the bytes. The sizes stand here even where the CRC does not: readers of a stream need them."""
        name = self.name.encode()
        large = struct.pack("<HHQQ", 1, 16, self.size, self.size) if self._is_large else b""
        extra = large + self._time()
        size = _32 if self._is_large else self.size
        crc = 0 if self.is_streamed else self.crc
        return self._fixed(b"PK\3\4", b"", crc, size, name, extra) + name + extra

    def tail(self) -> bytes:
        """What comes behind the bytes."""
        if not self.is_streamed:
            return b""
        form = "<4sIQQ" if self._is_large else "<4sIII"
        return struct.pack(form, b"PK\7\x08", self.crc, self.size, self.size)

    def record(self, offset: int) -> bytes:
        """The entry in the directory; its head stands at `offset`."""
        name = self.name.encode()
        wide = [value for value in (self.size, self.size, offset) if value >= _32]
        large = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        extra = large + self._time()
        attributes = self.mode << 16 | (_MS_DOS_FOLDER if self.name.endswith("/") else 0)
        made_by = struct.pack("<H", _MADE_BY)
        head = self._fixed(b"PK\1\2", made_by, self.crc, min(self.size, _32), name, extra)
        return head + struct.pack("<HHHII", 0, 0, 0, attributes, min(offset, _32)) + name + extra

    @property
    def _is_large(self) -> bool:
        return self.size >= _32

    def _fixed(self, signature: bytes, made_by: bytes, crc: int, size: int, name: bytes, extra: bytes) -> bytes:
        flags = _UTF8 | (_DESCRIPTOR if self.is_streamed else 0)
        time, date = _dos_time(self.modified_at)
        fields = (_ZIP64_VERSION, flags, 0, time, date, crc, size, size, len(name), len(extra))
        return signature + made_by + struct.pack("<HHHHHIIIHH", *fields)

    def _time(self) -> bytes:
        """Extended timestamp: UTC, to the second, for the years 1901 to 2038."""
        seconds = int(self.modified_at.timestamp())
        return struct.pack("<HHBi", 0x5455, 5, 1, seconds) if -(2**31) <= seconds < 2**31 else b""


class Directory:
    """The directory at an archive's end, kept on disk beyond a megabyte: a million entries take some 150."""

    def __init__(self) -> None:
        self._records = SpooledTemporaryFile(_DIRECTORY_MEMORY_BYTES)  # noqa: SIM115 — closed by `close`.
        self._count = 0
        self.offset = 0  # where the next entry's head will stand

    def add(self, entry: Entry) -> None:
        """The entry whose head stands at `offset`; its CRC is known."""
        self._records.write(entry.record(self.offset))
        self._count += 1
        self.offset += len(entry.head()) + entry.size + len(entry.tail())

    def pieces(self) -> Iterator[bytes]:
        """The end of the archive."""
        size = self._records.tell()
        self._records.seek(0)
        while piece := self._records.read(PIECE_BYTES):
            yield piece
        yield _end(self._count, size, self.offset)

    def close(self) -> None:
        self._records.close()


def _end(count: int, size: int, offset: int) -> bytes:
    large = b""
    if count >= _16 or size >= _32 or offset >= _32:
        record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _MADE_BY, _ZIP64_VERSION, 0, 0, count, count, size, offset)
        large = record + struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1)
    few = min(count, _16)
    return large + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, few, few, min(size, _32), min(offset, _32), 0)


def _dos_time(moment: datetime) -> tuple[int, int]:
    at = min(max(moment.astimezone(UTC), _FIRST), _LAST)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
