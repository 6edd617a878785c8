"""What a database's connections and transactions are counted by."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from foundation.measures import PROCESS
from foundation.problems import OutcomeUnknown

REPEATED = Counter("cairn_database_repeated", "Transactions that were repeated", ["reason"], registry=PROCESS)
FAILED = Counter("cairn_database_failed", "Transactions that were given up", ["reason"], registry=PROCESS)
_WAITED = Histogram(
    "cairn_database_wait_seconds",
    "Time until a connection was free",
    registry=PROCESS,
    buckets=(0.001, 0.01, 0.1, 1, 10),
)

# PostgreSQL, appendix A; a row that vanished behind a foreign key is one as well.
_REASONS = {"40001": "serialization", "40P01": "deadlock", "55P03": "lock-timeout", "23503": "row-vanished"}


def reason_of(error: Exception) -> str:
    """One of a few words."""
    if isinstance(error, OutcomeUnknown):
        return "outcome-unknown"
    if isinstance(error, PoolTimeout):
        return "no-connection-free"
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "connection-lost"
    return _REASONS.get(getattr(getattr(error, "orig", None), "sqlstate", None) or "", "other")


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection of the pool; how long it was waited for is counted."""
    began = time.perf_counter()
    with engine.connect() as connection:
        _WAITED.observe(time.perf_counter() - began)
        yield connection


class _Pools(Collector):
    def __init__(self) -> None:
        self.known: WeakSet[Engine] = WeakSet()

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        pools = [engine.pool for engine in self.known if isinstance(engine.pool, QueuePool)]
        family = GaugeMetricFamily(
            "cairn_database_connections", "Connections of the process to its database", labels=["state"]
        )
        family.add_metric(["in-use"], sum(pool.checkedout() for pool in pools))
        family.add_metric(["idle"], sum(pool.checkedin() for pool in pools))
        yield family


_POOLS = _Pools()
PROCESS.register(_POOLS)


def watch_connections(*engines: Engine) -> None:
    """Count them for as long as the engines live."""
    _POOLS.known.update(engines)
