"""A copy's progress as one line on the terminal, by rich."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client import Group, Progress, Step


@contextmanager
def progress_bar(title: str, *, is_quiet: bool) -> "Iterator[Progress]":
    """A bar on standard error while it lasts; none if `is_quiet`, or if nobody sits at a terminal."""
    if is_quiet or not sys.stderr.isatty():
        from client import Silent

        yield Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def show(counted: _Counted) -> None:
            whole = f" of {counted.files:,}" if counted.files else ""  # A walk does not know how many there will be.
            description = f"{title} {counted.done_files:,}{whole}"
            bar.update(task, completed=counted.done_bytes, total=counted.bytes or None, description=description)

        yield _Counted(show)


class _Counted:
    def __init__(self, show: "Callable[[_Counted], None]") -> None:
        self.files = self.bytes = self.done_files = self.done_bytes = 0
        self._show = show
        self._lock = threading.Lock()

    def expect(self, files: int, size: int) -> None:
        with self._lock:
            self.files += files
            self.bytes += size
        if self.files % 1000 <= 1:
            self._show(self)

    def step(self, step: "Step") -> None:
        with self._lock:
            self.done_files += step.files
            self.done_bytes += step.bytes
        self._show(self)


@contextmanager
def falling(what: str, *, is_quiet: bool) -> "Iterator[Callable[[int], None]]":
    """Gives what is told a number again and again and shows it on a terminal: `Left of it: 120,000 files`."""
    shows = not is_quiet and sys.stderr.isatty()

    def tell(files: int) -> None:
        if shows:
            sys.stderr.write(f"\r\x1b[K{what}: {files:,} files")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if shows:
            sys.stderr.write("\r\x1b[K")


@contextmanager
def share_bar(title: str, *, is_quiet: bool) -> "Iterator[Callable[[float, str], None]]":
    """Gives what shows a share, 0 to 1, and a few words on it, on standard error; nothing where progress_bar shows nothing."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda _share, _words: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, words="")
        yield lambda share, words: bar.update(task, completed=share, words=words)


@contextmanager
def counting(what: str, *, is_quiet: bool) -> "Iterator[Callable[[Iterable[Group]], Iterator[Group]]]":
    """Gives what passes groups on and shows on a terminal how many files they were so far: `Deleted 120,000`."""
    shows = not is_quiet and sys.stderr.isatty()
    total = 0

    def counted(groups: "Iterable[Group]") -> "Iterator[Group]":
        nonlocal total
        for group in groups:
            total += group.files
            if shows:
                sys.stderr.write(f"\r{what} {total:,}")
                sys.stderr.flush()
            yield group

    try:
        yield counted
    finally:
        if shows:
            sys.stderr.write("\r\x1b[K")
