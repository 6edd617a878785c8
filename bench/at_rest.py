"""`python -m bench.at_rest`: how soon the native stack is ready, twice, and what each of its services takes when nobody does anything."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.stack.native_stack import NativeStack, native_stack

READY_SECONDS, MEGABYTES = 30, 700
# Until the beat has rung for all that is due often, and whoever works has done it once.
_SETTLED_SECONDS = 20


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        with native_stack(folder) as stack:
            seconds = [started(stack)]
            stack.stop()
            seconds.append(started(stack))
            time.sleep(_SETTLED_SECONDS)
            Console().print(*told(seconds, stack), sep="\n")
    finally:
        shutil.rmtree(folder)


def started(stack: NativeStack) -> float:
    began = time.perf_counter()
    stack.start()
    return time.perf_counter() - began


def told(seconds: list[float], stack: NativeStack) -> list[Table | str]:
    first, second = seconds
    printed = Table("service", "MB", title=f"at rest, PSS (goal: all ≤ {MEGABYTES} MB)")
    memory = stack.memory_bytes()
    for service, taken in sorted(memory.items()):
        printed.add_row(service, f"{taken / 1e6:.0f}")
    printed.add_section()
    printed.add_row("all", f"{sum(memory.values()) / 1e6:.0f}")
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    ready = f"ready after {first:.1f} s the first time, {second:.1f} s the second (goal ≤ {READY_SECONDS} s)"
    return [printed, ready, f"load average {load}; {os.cpu_count()} cores"]


if __name__ == "__main__":
    main()
