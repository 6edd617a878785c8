"""Processes stopped and ended by signal, and waited for until the kernel has done it: a signal that was sent has not happened yet."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path


def freeze(process: int) -> None:
    """SIGSTOP `process` and return once none of its threads runs any more."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
    # One thread's state is not the process's: another may be on the other core, and answer one more request.
    while any(state not in "TtZX" for state in _thread_states(process)):
        time.sleep(0.001)


def thaw(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


def children(process: int) -> list[int]:
    """Those that any of its threads started."""
    found: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in listed.read_text().split()]
    return found


def descendants(process: int) -> list[int]:
    """Its children, theirs, and so on."""
    return [one for child in children(process) for one in (child, *descendants(child))]


def memory_bytes(process: int) -> int:
    """What it takes of the machine: pages that several processes have count in parts (PSS, proc(5))."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))


def wait_until_gone(processes: Sequence[int]) -> None:
    while any(state not in "ZX" for process in processes for state in _thread_states(process)):
        time.sleep(0.001)


def _thread_states(process: int) -> list[str]:
    """The letter of proc(5) of each thread: R, S, T, Z, …; none when there is no such process."""
    states = []
    for stat in Path(f"/proc/{process}/task").glob("*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return states
