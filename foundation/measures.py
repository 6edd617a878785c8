"""What a process counts of itself for Prometheus, shown by every service in it. Labels are kinds, never paths, ids or people."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Where a module keeps what it counts, whichever service asks for it.
PROCESS = CollectorRegistry()


def show_process(registry: CollectorRegistry) -> None:
    """What the process counts, and what it takes: memory, CPU seconds, open files."""
    registry.register(PROCESS)
    ProcessCollector(registry=registry)


class Disks(Collector):
    """Room on disks, by the name that people know each by; one that is not there now is left out."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("cairn_disk_free_bytes", "Bytes that may still be written there", labels=["disk"])
        size = GaugeMetricFamily("cairn_disk_size_bytes", "Bytes of the whole file system", labels=["disk"])
        for name, folder in self._folders.items():
            try:
                found = os.statvfs(folder)
            except OSError:
                continue
            free.add_metric([name], found.f_bavail * found.f_frsize)
            size.add_metric([name], found.f_blocks * found.f_frsize)
        yield from (free, size)


class Figures(Collector):
    """Figures that are asked for when Prometheus asks, each by a function of its own; `unknown` is what says that one cannot be had."""

    def __init__(self, unknown: type[Exception], *sources: Callable[[], list[Metric]]) -> None:
        self._unknown, self._sources = unknown, sources

    def describe(self) -> Iterator[Metric]:
        """Nothing: else the registry would ask all of them when the process starts."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        for source in self._sources:
            try:
                yield from source()
            except self._unknown:
                continue


def by_label(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
