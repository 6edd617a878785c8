"""What the processes of one worker tell each other, in memory that they share: who does what, that all stop, who does something long."""

import fcntl
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_SLOT_BYTES = 64


class Board:
    """One for a worker: its first process makes it, the others take it over by the number of its file."""

    def __init__(self, file: int, slots: int) -> None:
        """`slots`: how many work at the same time."""
        self.file, self._slots = file, slots
        self._memory = mmap.mmap(file, _SLOT_BYTES * (slots + 1))

    @classmethod
    def made(cls, slots: int) -> "Board":
        file = os.memfd_create("cairn-board")
        os.ftruncate(file, _SLOT_BYTES * (slots + 1))
        return cls(file, slots)

    def close(self) -> None:
        self._memory.close()
        os.close(self.file)

    def stop(self) -> None:
        """Every running chore ends at its next pause, in whichever process it is."""
        self._memory[0] = 1

    def clear(self) -> None:
        """Nobody does anything, and may begin."""
        self._memory[:] = bytes(len(self._memory))

    @property
    def is_stopped(self) -> bool:
        return bool(self._memory[0])

    def tell(self, slot: int, doing: str) -> None:
        """`doing`: a chore's name, "" for none. A slot belongs to one process."""
        start = _SLOT_BYTES * (1 + slot % self._slots)
        self._memory[start : start + _SLOT_BYTES] = doing.encode()[:_SLOT_BYTES].ljust(_SLOT_BYTES, b"\0")

    def doing(self) -> Sequence[str]:
        """What each slot does."""
        starts = range(_SLOT_BYTES, _SLOT_BYTES * (self._slots + 1), _SLOT_BYTES)
        return [self._memory[start : start + _SLOT_BYTES].rstrip(b"\0").decode() for start in starts]

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Whether the only place for something long is this process's, until the end. The kernel frees it when the process dies."""
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self.file, fcntl.LOCK_UN)
