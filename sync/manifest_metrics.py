"""How far the manifests are behind the catalogue, for Prometheus; left out while the database does not answer."""

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from foundation.problems import Problem
from metadata import Manifests


class ManifestMetrics(Collector):
    """The same from each process: the figures are the database's."""

    def __init__(self, catalogue: Manifests, clock: Callable[[], datetime]) -> None:
        """`clock`: the database's."""
        self._catalogue, self._clock = catalogue, clock

    def describe(self) -> Iterator[Metric]:
        """Nothing: else the registry would ask the database when the process starts."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            lag = self._catalogue.lag()
            waits = (self._clock() - lag.since).total_seconds() if lag.since else 0.0
        except Problem:
            return
        yield GaugeMetricFamily("cairn_manifests_behind", "Buckets with changes that no manifest has yet", lag.buckets)
        yield GaugeMetricFamily("cairn_manifests_oldest_seconds", "How long the oldest of these changes waits", waits)
