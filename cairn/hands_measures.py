"""What a worker's hands count: each process of them in files of its own, which the worker adds up when it is asked.

The files of a process that has ended stay until the worker ends: what it did is done, and no count goes back.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


def show_hands(registry: CollectorRegistry, counts: Path, pid: int) -> None:
    """What the hands of the worker `pid` count, in place of what it counts itself, and what all of its processes take."""
    MultiProcessCollector(registry, str(counts))  # type: ignore[no-untyped-call]
    ProcessCollector(registry=registry)
    registry.register(_Hands(pid))


class _Hands(Collector):
    """Memory and CPU of a worker's processes, its own excepted."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        stats = list(_descendants(self._pid))
        yield GaugeMetricFamily("cairn_worker_hands", "Processes that work for this one", len(stats))
        yield GaugeMetricFamily("cairn_worker_resident_bytes", "Their memory", sum(stat.resident for stat in stats))
        yield GaugeMetricFamily(
            "cairn_worker_cpu_seconds", "CPU time of those that live", sum(stat.cpu for stat in stats)
        )


class _Stat(NamedTuple):
    parent: int
    resident: int
    cpu: float


def _descendants(pid: int) -> Iterator[_Stat]:
    known = {int(folder.name): stat for folder in Path("/proc").glob("[0-9]*") if (stat := _stat(folder))}
    found = {pid}
    while more := {one for one, stat in known.items() if stat.parent in found and one not in found}:
        found |= more
    return (known[one] for one in found - {pid})


def _stat(folder: Path) -> _Stat | None:
    """proc(5), /proc/PID/stat; None of a process that has just ended."""
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return _Stat(int(fields[1]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), ticks)
