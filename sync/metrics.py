"""What a worker tells Prometheus of all work, read from the catalogue and the broker when it is asked; what cannot be read is left out."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from foundation.identity import Identity, Scope
from foundation.problems import Problem
from metadata import Catalogue
from sync.redis_broker import RedisBroker

# Whom the catalogue tells the figures of everybody.
_WATCH = Identity(UUID(int=0), scopes=frozenset({Scope.ADMIN}))


class WorkMetrics(Collector):
    """The same from each worker: the figures are the database's, not the process's."""

    def __init__(self, catalogue: Catalogue, broker: RedisBroker) -> None:
        self._catalogue, self._broker = catalogue, broker

    def describe(self) -> Iterator[Metric]:
        """Nothing: else the registry would ask the database when the process starts."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        sources: list[Callable[[], list[Metric]]] = [self._events, self._checks, self._workers, self._messages]
        for source in sources:
            with suppress(Problem):
                yield from source()

    def _events(self) -> list[Metric]:
        numbers, oldest = self._catalogue.jobs.backlog()
        waits = (self._catalogue.jobs.clock() - oldest).total_seconds() if oldest else 0.0
        events = _labelled("cairn_sync_events", "Sync events that are not completed", "status")
        for status, number in numbers.items():
            events.add_metric([status], number)
        age = GaugeMetricFamily(
            "cairn_sync_oldest_pending_seconds", "How long the oldest unfinished event waits", waits
        )
        return [events, age]

    def _checks(self) -> list[Metric]:
        day = self._catalogue.sync_records.figures(_WATCH).day
        checks = _labelled("cairn_sync_checks_of_a_day", "How many checks ended how in the last 24 hours", "outcome")
        for outcome in ("verified", "healed", "failed", "retried"):
            checks.add_metric([outcome], sum(getattr(quarter, outcome) for quarter in day))
        return [checks]

    def _workers(self) -> list[Metric]:
        alive = sum(worker.is_alive for worker in self._catalogue.proofs.workers())
        return [GaugeMetricFamily("cairn_sync_workers_alive", "Hands that were seen within 30 seconds", alive)]

    def _messages(self) -> list[Metric]:
        messages = _labelled("cairn_broker_messages", "Messages that wait in Redis", "queue")
        for queue, number in self._broker.waiting().items():
            messages.add_metric([queue], number)
        return [messages]


def _labelled(name: str, told: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, labels=[label])
