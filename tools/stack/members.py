"""The processes of a stack, found by the mark in their environment: also those whose supervisor or folder is gone."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from tools.stack.places import Places

MARK = "CAIRN_STACK"


def members(places: Places) -> list[int]:
    """All that were started for the stack of this folder, and theirs, supervisord included; not those that have ended."""
    mark = f"\0{MARK}={places.run}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        # Others' processes are not ours to read, and any may end meanwhile.
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and mark in b"\0" + (entry / "environ").read_bytes() and _lives(entry):
                found.append(int(entry.name))
    return found


def signal_all(processes: Iterable[int], number: signal.Signals) -> None:
    """Those that have ended are passed over."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _lives(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
