"""One server process a data folder: SQLite's one writer and the disk store's index belong to it alone."""

import fcntl
import os
from pathlib import Path
from typing import Self

from cairn.errors import DataFolderInUse


class DataFolderLock:
    """Held from `with` to its end, or to the process's, however that comes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "server.lock"

    def __enter__(self) -> Self:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise DataFolderInUse(
                f"A server already runs on {self._file.parent}. Stop it, or set CAIRN_DATA to another folder."
            ) from None
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._descriptor)
