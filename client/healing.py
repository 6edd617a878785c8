"""Damaged or missing parts, found in a folder of this machine and sent again. Sending them to any upload heals them."""

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from chunker.cutting import FIXED_BYTES, cutter
from client.commits import open_upload
from client.crew import Crew
from client.errors import LocalFileUnreadable
from client.frames import HEAD_BYTES, CutBlock
from client.local_files import Unusual, opened
from client.progress import Progress, Step
from client.upload import put_frame
from foundation.blocks import BlockId, Chunking

# What was found does not wait longer for more to travel with.
_GATHER_SECONDS = 1.0
MOST_PLACES = 1000


@dataclass(slots=True)
class Healing:
    """What a walk found. `places`: files of this machine that held wanted parts, the first so many; `left`: not found."""

    files: int = 0
    bytes: int = 0
    wanted: int = 0
    found: int = 0
    found_bytes: int = 0
    places: list[str] = field(default_factory=list)
    left: set[BlockId] = field(default_factory=set)


class Healer:
    """Looks for `wanted` blocks, with their sizes. Memory grows with how many are wanted, not with what is looked at.

    `left_out` is told of every link, special file and unreadable place that is passed over.
    """

    def __init__(
        self, crew: Crew, wanted: Mapping[BlockId, int], progress: Progress, left_out: Callable[[Unusual], None]
    ) -> None:
        self._crew, self._progress, self._left_out = crew, progress, left_out
        self._left = set(wanted)
        # Most blocks can be told from the wanted ones without hashing them.
        self._sizes = frozenset(wanted.values())
        self._done = Healing(wanted=len(wanted))

    def look(self, folder: str, *, is_rehearsal: bool = False) -> Healing:
        """Walk `folder`, whatever its layout, until nothing is wanted any more, and send what is found as soon as it is.

        `is_rehearsal`: nothing is sent. Raises the server's problems; what arrived before them is healed.
        """
        with _Delivery(self._crew, is_rehearsal=is_rehearsal) as delivery:
            for place, size in self._files(folder):
                if not self._left:
                    break
                if size >= min(self._sizes):
                    self._look_into(place, delivery)
                self._done.files += 1
                self._done.bytes += size
                self._progress.step(Step(files=1, bytes=size))
                delivery.send_if_due()
        self._done.left = self._left
        return self._done

    def _files(self, folder: str) -> Iterator[tuple[str, int]]:
        """Regular files below `folder` with their sizes. Folders that wait are held, the names in them are not."""
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            try:
                with os.scandir(place) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        elif (size := self._size(entry)) is not None:
                            yield entry.path, size
            except OSError as error:
                self._left_out(Unusual(place, error.strerror or "cannot be read"))

    def _size(self, entry: os.DirEntry[str]) -> int | None:
        """None for what is no file, or cannot be looked at."""
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._left_out(Unusual(entry.path, error.strerror or "cannot be read"))
            return None
        if stat.S_ISREG(found.st_mode):
            return found.st_size
        self._left_out(Unusual(entry.path, "a link" if stat.S_ISLNK(found.st_mode) else "neither file nor folder"))
        return None

    def _look_into(self, place: str, delivery: "_Delivery") -> None:
        found = self._done.found
        try:
            with opened(place) as source:
                self._look_through(source.read, delivery)
        except LocalFileUnreadable as problem:
            self._left_out(Unusual(place, str(problem)))
        if self._done.found > found and len(self._done.places) < MOST_PLACES:
            self._done.places.append(place)

    def _look_through(self, read: Callable[[int], bytes | None], delivery: "_Delivery") -> None:
        for block in _cut_both_ways(read):
            if len(block) not in self._sizes or (id := BlockId.of(block)) not in self._left:
                continue
            # What is sent are the very bytes that were hashed: the file may change under our eyes.
            delivery.add(CutBlock(id, block))
            self._left.remove(id)
            self._done.found += 1
            self._done.found_bytes += len(block)
            if not self._left:
                break


class _Delivery:
    """Blocks on their way to an upload that publishes nothing. Leaving it in peace waits for all of them and ends the upload.

    What it registered stays with the files that use it. An upload that is left behind expires by itself.
    """

    def __init__(self, crew: Crew, *, is_rehearsal: bool) -> None:
        self._crew, self._is_rehearsal = crew, is_rehearsal
        self._upload_id = ""
        self._frame: list[CutBlock] = []
        self._frame_bytes = 0
        self._since = 0.0
        self._sending: deque[Future[None]] = deque()

    def __enter__(self) -> "_Delivery":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._send()
                self._settle(0)
                if self._upload_id:
                    self._crew.connection.ask("DELETE", f"/uploads/{self._upload_id}")
        finally:
            for future in self._sending:
                future.cancel()

    def add(self, block: CutBlock) -> None:
        if self._is_rehearsal:
            return
        size = HEAD_BYTES + len(block.data)
        if self._frame_bytes + size > self._crew.settings.frame_bytes:
            self._send()
        if not self._frame:
            self._since = time.monotonic()
        self._frame.append(block)
        self._frame_bytes += size

    def send_if_due(self) -> None:
        if self._frame and time.monotonic() - self._since >= _GATHER_SECONDS:
            self._send()

    def _send(self) -> None:
        if not self._frame:
            return
        self._upload_id = self._upload_id or open_upload(self._crew.connection)
        frame, self._frame, self._frame_bytes = self._frame, [], 0
        self._sending.append(self._crew.send(put_frame, self._crew.connection, self._upload_id, frame))
        self._settle(self._crew.settings.jobs + 1)  # Else a fast disk would fill the memory.

    def _settle(self, most: int) -> None:
        while len(self._sending) > most:
            self._sending.popleft().result()


def _cut_both_ways(read: Callable[[int], bytes | None]) -> Iterator[bytes | bytearray]:
    """The blocks of a stream as a bucket of either chunking has them, in one reading. A short stream's only block comes once."""
    by_content, size = cutter(Chunking.FASTCDC), 0
    while piece := _whole(read):
        size += len(piece)
        yield piece
        yield from by_content.feed(piece)
    rest = list(by_content.finish())
    if size > FIXED_BYTES or len(rest) > 1:
        yield from rest


def _whole(read: Callable[[int], bytes | None]) -> bytes:
    """The next fixed block; less than FIXED_BYTES only at the end."""
    piece = read(FIXED_BYTES) or b""
    while piece and len(piece) < FIXED_BYTES and (more := read(FIXED_BYTES - len(piece))):
        piece += more
    return piece
