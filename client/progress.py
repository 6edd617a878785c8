"""How far a copy is, as events for whoever shows it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """What was just done. `bytes` counts everything that is in place now, `moved_bytes` the part that travelled for it."""

    files: int = 0
    bytes: int = 0
    moved_bytes: int = 0


class Progress(Protocol):
    """Told of totals when they are known, and of steps as they happen; from several threads, so it must be thread-safe."""

    def expect(self, files: int, size: int) -> None:
        """So many more files, of `size` bytes in all, are to be done."""

    def step(self, step: Step) -> None: ...


class Silent:
    """A Progress that nobody looks at."""

    def expect(self, files: int, size: int) -> None: ...

    def step(self, step: Step) -> None: ...
