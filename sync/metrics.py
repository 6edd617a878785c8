"""What Prometheus is told of all work, read from the catalogue, the store and the broker when it asks; what cannot be read is left out."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from foundation.identity import Identity, Scope
from foundation.measures import Figures, by_label
from foundation.problems import Problem
from metadata import Catalogue, ScrubRound

if TYPE_CHECKING:  # Who has no broker loads nothing that speaks to one.
    from sync.redis_broker import RedisBroker

# Whom the catalogue tells the figures of everybody.
_WATCH = Identity(UUID(int=0), scopes=frozenset({Scope.ADMIN}))


class WorkMetrics(Collector):
    """The same from each process that tells it: the figures are the database's, not the process's. Take the largest, never the sum."""

    def __init__(
        self,
        catalogue: Catalogue,
        broker: "RedisBroker | None" = None,
        agree: Callable[[], None] | None = None,
        last_backup: Callable[[], datetime | None] | None = None,
    ) -> None:
        """`agree` raises the Problem because of which nothing is erased. `last_backup`: when the newest whole one was begun."""
        self._catalogue, self._broker = catalogue, broker
        sources = (self._events, self._figures, self._collection, self._messages)
        self._told = Figures(Problem, *sources, partial(_agreement, agree), partial(self._backup, last_backup))

    def describe(self) -> Iterator[Metric]:
        return self._told.describe()

    def collect(self) -> Iterator[Metric]:
        return self._told.collect()

    def _events(self) -> list[Metric]:
        numbers, oldest = self._catalogue.jobs.backlog()
        waits = (self._catalogue.jobs.clock() - oldest).total_seconds() if oldest else 0.0
        return [
            by_label("cairn_sync_events", "Sync events that are not completed", "status", numbers),
            GaugeMetricFamily(
                "cairn_sync_oldest_pending_seconds", "How long the oldest unfinished event waits", max(waits, 0.0)
            ),
        ]

    def _figures(self) -> list[Metric]:
        figures = self._catalogue.sync_records.figures(_WATCH)
        ended = {
            outcome: sum(getattr(quarter, outcome) for quarter in figures.day)
            for outcome in ("verified", "healed", "failed", "retried")
        }
        bad = {"damaged": figures.damaged_blocks, "missing": figures.missing_blocks}
        proof = (figures.at - figures.oldest_proof).total_seconds() if figures.oldest_proof else 0.0
        alive = sum(worker.is_alive for worker in figures.workers)
        return [
            by_label("cairn_sync_checks_of_a_day", "How many checks ended how in the last 24 hours", "outcome", ended),
            by_label("cairn_bad_blocks", "Blocks of files that are not whole", "state", bad),
            GaugeMetricFamily("cairn_oldest_proof_seconds", "No file was read back longer ago", max(proof, 0.0)),
            GaugeMetricFamily("cairn_sync_workers_alive", "Hands that were seen within 30 seconds", alive),
            *_scrub(figures.round),
        ]

    def _collection(self) -> list[Metric]:
        installation = self._catalogue.installation
        generation = installation.read()
        return [
            by_label(
                "cairn_collection_waiting", "Rows before collection: candidates and dead names", "what",
                installation.waiting(),
            ),
            GaugeMetricFamily(
                "cairn_generation", "Which life of the installation the database is in", generation.number if generation else 0
            ),
        ]  # fmt: skip

    def _messages(self) -> list[Metric]:
        messages, up = dict[str, float](), GaugeMetricFamily("cairn_broker_up", "Whether Redis answers")
        if self._broker:
            try:
                messages = {queue.value: number for queue, number in self._broker.waiting().items()}
                up.add_metric([], 1)
            except Problem:
                up.add_metric([], 0)
        return [up, by_label("cairn_broker_messages", "Messages that wait in Redis", "queue", messages)]

    def _backup(self, last: Callable[[], datetime | None] | None) -> list[Metric]:
        age = GaugeMetricFamily("cairn_backup_age_seconds", "How long ago the newest whole backup was begun")
        if last and (made := last()):
            age.add_metric([], max(0.0, (self._catalogue.installation.clock() - made).total_seconds()))
        return [age]


def _scrub(current: ScrubRound | None) -> list[Metric]:
    done = current.bytes / current.total_bytes if current and current.total_bytes else 1.0
    found = {"damaged": current.damaged, "healed": current.healed} if current else {}
    return [
        GaugeMetricFamily("cairn_scrub_running", "Whether a round of proof goes on", bool(current and not current.ended_at)),
        GaugeMetricFamily("cairn_scrub_done_ratio", "How much of the round is read", min(done, 1.0)),
        by_label("cairn_scrub_found", "Blocks that the round has found so", "what", found),
        GaugeMetricFamily(
            "cairn_scrub_bytes_per_second", "How fast the round reads", current.bytes_per_second if current else 0
        ),
    ]  # fmt: skip


def _agreement(agree: Callable[[], None] | None) -> list[Metric]:
    family = GaugeMetricFamily("cairn_collection_off", "1: nothing is erased, for the reason named", labels=["reason"])
    try:
        if agree:
            agree()
    except Problem as problem:
        family.add_metric([problem.slug], 1)
    return [family]
