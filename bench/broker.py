"""`python -m bench.broker`: how long a commit takes while the broker answers, is down, hangs, and without one, on PostgreSQL.

Through the catalogue's seam in one process, one commit after another, in rounds that take turns.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from rich.console import Console
from rich.table import Table

from bench.commits import committed, waiting
from cairn.compose.parts import telling
from foundation.doorbell import Doorbell, InProcessDoorbell
from metadata import Catalogue, LongPoll, migrate, open_catalogue
from sync import Queue, RedisBroker, RedisDoorbell
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.redis_server import RedisServer

WAYS = ("no broker", "up", "down", "hanging")
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=100, help="of each round")
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with PostgreSQLServer.running() as database, RedisServer.running() as broker, ExitStack() as stack:
        location = database.fresh_database()
        migrate(location)
        bells: Mapping[str, Doorbell] = {way: stack.enter_context(bell_of(way, broker)) for way in WAYS}
        catalogues = {way: stack.enter_context(opened(location, bell)) for way, bell in bells.items()}
        for _ in range(ROUNDS):
            for way, catalogue in catalogues.items():
                with broken(way, broker):
                    seconds[way] += commits_of(catalogue, options.commits)
    Console().print(table(seconds))


@contextmanager
def bell_of(way: str, broker: RedisServer) -> Iterator[Doorbell]:
    if way == "no broker":
        yield InProcessDoorbell()
        return
    with closing(RedisDoorbell(RedisBroker(broker.location), {"verify": Queue.VERIFY})) as doorbell:
        yield doorbell


@contextmanager
def opened(location: str, bell: Doorbell) -> Iterator[Catalogue]:
    with closing(open_catalogue(location, notify=telling(LongPoll(), bell))) as catalogue:
        yield catalogue


@contextmanager
def broken(way: str, broker: RedisServer) -> Iterator[None]:
    """Redis as `way` says, and well again afterwards."""
    if way == "down":
        broker.kill()
    elif way == "hanging":
        broker.freeze()
    yield
    if way == "down":
        broker.start()
    broker.thaw()


def commits_of(catalogue: Catalogue, count: int) -> list[float]:
    """Seconds of each."""
    taken = []
    for request in waiting(catalogue, 1, count):
        started = time.perf_counter()
        committed(catalogue, request)
        taken.append(time.perf_counter() - started)
    return taken


def table(seconds: Mapping[str, list[float]]) -> Table:
    printed = Table("broker", "p50 ms", "p99 ms", "commits", title="one commit after another")
    for way, values in seconds.items():
        cuts = statistics.quantiles(values, n=100)
        printed.add_row(way, f"{cuts[49] * 1000:.2f}", f"{cuts[98] * 1000:.2f}", str(len(values)))
    return printed


if __name__ == "__main__":
    main()
