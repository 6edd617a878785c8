"""`python -m bench.commits`: small commits a second, each of an upload of its own, on PostgreSQL, into one bucket and into ten.

Through the catalogue's seam in one process. What is compared with: transactions a second that insert one row and commit, on as many
connections, in the same database and run.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import sha256
from uuid import uuid4

import psycopg
from rich.console import Console
from rich.table import Table

from foundation.blocks import BlockId, BlockName
from foundation.identity import Identity
from foundation.problems import Problem
from metadata import (
    Catalogue,
    Chunk,
    CommitRequest,
    NewBucket,
    Precondition,
    ReceivedBlock,
    Target,
    migrate,
    open_catalogue,
)
from tests.servers.postgresql_server import PostgreSQLServer

GOALS = {1: 500, 10: 2_000}
COMMITS = 1_280
BLOCK_BYTES = 100


def main() -> None:
    printed = Table("buckets", "clients", "commits/s", "goal", "CPU ms each", "× plain inserts", title="small commits")
    with PostgreSQLServer.running() as server:
        for buckets, clients in ((1, 1), (1, 16), (1, 64), (10, 64), (10, 160)):
            location = server.fresh_database()
            migrate(location)
            with closing(open_catalogue(location)) as catalogue:
                requests = waiting(catalogue, buckets, COMMITS)
                cpu = time.process_time()
                seconds = together(clients, [lambda one=one: committed(catalogue, one) for one in requests])
                cpu = time.process_time() - cpu
            plain = plain_inserts(location, clients, COMMITS)
            rate, goal = COMMITS / seconds, GOALS[buckets] if clients >= 64 else ""
            each = f"{cpu * 1000 / COMMITS:.2f}"
            printed.add_row(str(buckets), str(clients), f"{rate:.0f}", str(goal), each, f"{plain / seconds:.2f}")
    Console().print(printed)


def waiting(catalogue: Catalogue, buckets: int, count: int) -> list[CommitRequest]:
    """Uploads whose blocks are there, each of its bucket's owner."""
    owners = [Identity(uuid4(), uuid4(), frozenset({"files"})) for _ in range(buckets)]
    ids = [catalogue.buckets.create(owner, NewBucket(title="commits")).id for owner in owners]
    requests = []
    for number in range(count):
        owner, bucket = owners[number % buckets], ids[number % buckets]
        data = os.urandom(BLOCK_BYTES)
        block = BlockId(sha256(data).digest())
        target = Target(str(bucket), f"{number // 100}/{number}.txt", BLOCK_BYTES)
        upload, _ = catalogue.uploads.open(owner, target, Precondition(), [Chunk(block, BLOCK_BYTES)])
        received = ReceivedBlock(BlockName.new(block, upload.writer), BLOCK_BYTES, 0)
        catalogue.blocks.register(upload.id, [received])
        requests.append(CommitRequest(owner, upload.id, bucket=bucket))
    return requests


def committed(catalogue: Catalogue, request: CommitRequest) -> None:
    (outcome,) = catalogue.commits.commit([request])
    if isinstance(outcome, Problem):
        raise outcome


def plain_inserts(location: str, clients: int, count: int) -> float:
    """Seconds for `count` transactions of one row each."""
    url = location.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE plain (number bigint PRIMARY KEY, text text)")
    connections = [psycopg.connect(url) for _ in range(clients)]
    free = list(connections)

    def insert(number: int) -> None:
        connection = free.pop()
        connection.execute("INSERT INTO plain VALUES (%s, 'a row')", [number])
        connection.commit()
        free.append(connection)

    try:
        return together(clients, [lambda number=number: insert(number) for number in range(count)])
    finally:
        for connection in connections:
            connection.close()


def together(clients: int, work: Sequence[Callable[[], None]]) -> float:
    """Seconds until all is done by so many threads, which take the next piece when they have done one."""
    left, failures = list(reversed(work)), []

    def run() -> None:
        try:
            while left:
                left.pop()()
        except IndexError:
            return
        except Exception as error:  # noqa: BLE001 — told by the thread that measures.
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
