"""`python -m bench.folders [--files 100000]`: a folder renamed, deleted and taken back, beside plain SQL.

What is compared with: one UPDATE of as many rows with the same indexes, and an INSERT … SELECT of as many rows of the
journal and of the jobs into tables without indexes, in the same database and run.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from foundation.database import Database
from foundation.identity import Identity
from metadata import (
    Batch,
    Catalogue,
    DeletePrefix,
    GroupResult,
    MovePrefix,
    NewBucket,
    Operation,
    Put,
    RestorePrefix,
    migrate,
    open_catalogue,
)
from tests.servers.postgresql_server import PostgreSQLServer

GOAL_SECONDS = 5.0
_RENAME = "UPDATE files SET path = 'plain/' || path, path_folded = 'plain/' || path_folded"
_JOURNAL = "CREATE TABLE plain_{table} AS SELECT * FROM {table} WHERE 1 = 0"
_ROWS = "INSERT INTO plain_{table} SELECT * FROM {table} LIMIT {files}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    options = parser.parse_args()
    printed = Table("database", "step", "seconds", "× plain SQL", "goal", title=f"a folder of {options.files:,} files")
    with databases() as locations:
        for name, location in locations.items():
            migrate(location)
            with closing(Database(location)) as database:
                catalogue = open_catalogue(database)
                steps = measured(catalogue, options.files)
                plain = plain_sql(database, options.files)
            printed.add_row(name, "plain UPDATE and INSERT", f"{plain:.2f}", "1.00", "")
            for step, seconds in steps.items():
                printed.add_row(name, step, f"{seconds:.2f}", f"{seconds / plain:.2f}", f"≤ {GOAL_SECONDS:.0f} s")
    Console().print(printed)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        with PostgreSQLServer.running() as server:
            yield {"SQLite": f"sqlite:///{folder / 'catalogue.db'}", "PostgreSQL": server.fresh_database()}
    finally:
        shutil.rmtree(folder)


def measured(catalogue: Catalogue, files: int) -> dict[str, float]:
    me = Identity(user=uuid4(), device=uuid4(), scopes=frozenset({"files"}))
    bucket = str(catalogue.buckets.create(me, NewBucket(name="folders")).id)
    for first in range(0, files, 1_000):
        names = range(first, min(files, first + 1_000))
        puts = [Put(f"holidays/{number // 100}/picture {number}.jpg", ()) for number in names]
        catalogue.commits.apply(me, Batch(bucket, puts))
    steps: dict[str, float] = {}

    def step(name: str, operation: Operation) -> GroupResult:
        started = time.perf_counter()
        (result,) = catalogue.commits.apply(me, Batch(bucket, [operation])).results
        steps[name] = time.perf_counter() - started
        assert isinstance(result, GroupResult)
        assert result.files == files, result
        return result

    moved = step("rename", MovePrefix("holidays", "2026/holidays"))
    step("undo of the rename", RestorePrefix(group=moved.group))
    deleted = step("delete", DeletePrefix("holidays"))
    step("undo of the delete", RestorePrefix(group=deleted.group))
    return steps


def plain_sql(database: Database, files: int) -> float:
    def body(connection: Connection) -> None:
        connection.execute(text(_RENAME))
        for table in ("changes", "sync_events"):
            for statement in (_JOURNAL, _ROWS):
                connection.execute(text(statement.format(table=table, files=files)))

    return timed(lambda: database.write(body))


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
