"""The server's process starts with an allocator that keeps the memory of blocks. Loads nothing by itself: it may start anew."""

import os
import sys

# glibc's defaults give memory back after each block and fetch it again: one stream is received at a third of the speed.
MALLOC = {
    "MALLOC_TRIM_THRESHOLD_": "134217728",
    "MALLOC_TOP_PAD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    # Else each thread keeps what it freed for itself: 330 MB instead of 220 after the bench's workloads, no faster.
    "MALLOC_ARENA_MAX": "1",
}


def restart_with_settings() -> None:
    """The allocator reads its environment when a process starts, so this one is started again with it."""
    if not MALLOC.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, "-m", "cairn", *sys.argv[1:]], os.environ | MALLOC)  # noqa: S606 — ourselves again.


def give_back() -> None:
    """What a start took and freed again, to the system: by MALLOC's limits the process would keep it for good (malloc_trim(3))."""
    import ctypes

    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
