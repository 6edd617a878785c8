"""`python -m bench.verify [--files 10000] [--stack]`: small files verified after their commits, and what that costs who uploads meanwhile.

A one-process server on SQLite and a folder, as `make run` starts it, or with `--stack` every room by itself behind nginx, with two
workers by Redis, on PostgreSQL and an S3 store. Files of 4 to 64 KiB are committed in batches; then all are read
back once more, beside `sha256sum` of the same files; then a file is uploaded by one PUT while nothing waits, and while they all do.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from bench.data import big_file, small_files
from bench.workloads import plain_put
from tests.servers.cairn_server import SignedInServer, running_server
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.redis_server import RedisServer
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import Stack, running_stack

GOAL_SECONDS, STACK_GOAL_SECONDS, IDLE_SECONDS = 20.0, 40.0, 20.0
UPLOAD_MEBIBYTES = 128
ROUNDS = 3
BUCKET = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--stack", action="store_true")
    options = parser.parse_args()
    on = "every room by itself, PostgreSQL, S3" if options.stack else "SQLite and a folder"
    printed = Table("what", "found", "goal", title=f"{options.files:,} small files verified, {on}")
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        small, big = small_files(folder, options.files), big_file(folder, "big", UPLOAD_MEBIBYTES)
        with (stack if options.stack else running_server)(folder / "server") as server:
            server.cairn("bucket", "create", BUCKET)
            goal = STACK_GOAL_SECONDS if options.stack else GOAL_SECONDS
            for row in measured(server, small, big, goal):
                printed.add_row(*row)
        Console().print(printed)
    finally:
        shutil.rmtree(folder)


@contextmanager
def stack(folder: Path) -> Iterator[SignedInServer]:
    with PostgreSQLServer.running() as database, SeaweedFSServer.running() as store, RedisServer.running() as broker:
        settings = {
            "CAIRN_DATABASE": database.fresh_database(),
            "CAIRN_STORE": store.address.fresh_location(),
            "CAIRN_BROKER": broker.location,
        }
        with running_stack(folder, **settings) as server:
            yield server


def measured(server: SignedInServer, small: Path, big: Path, goal_seconds: float) -> list[tuple[str, str, str]]:
    committing = timed(lambda: server.cairn("cp", "-r", str(small), f"cairn:{BUCKET}/small"))
    left = waiting(server)
    after = timed(lambda: drained(server))
    plain = timed(lambda: hashed(small))
    again = timed(lambda: (read_again(server), drained(server)))
    alone = statistics.median(plain_put(server, big) for _ in range(ROUNDS))
    drained(server)
    read_again(server)
    beside = plain_put(server, big)
    is_beside = waiting(server) > 0
    drained(server)
    return [
        ("committed by cairn cp -r", f"{committing:.1f} s", ""),
        (f"until all are verified; {left:,} waited when the last was committed", f"{after:.1f} s", ""),
        ("sha256sum of them", f"{plain:.1f} s", ""),
        ("all read again", f"{again:.1f} s", f"≤ {goal_seconds:.0f} s"),
        (f"{UPLOAD_MEBIBYTES} MiB by one PUT while nothing waits", f"{alone:.2f} s", ""),
        (
            "the same while they are read" + ("" if is_beside else " (to its end)"),
            f"{beside:.2f} s",
            f"≤ {alone * 1.15:.2f} s",
        ),
        *idle(server),
    ]


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def hashed(folder: Path) -> None:
    files = [str(path) for path in folder.rglob("*.bin")]
    subprocess.run(["xargs", "-0", "sha256sum"], input="\0".join(files).encode(), stdout=subprocess.DEVNULL, check=True)


def counts(server: SignedInServer) -> dict[str, int]:
    with server.http(server.token) as http:
        answer: httpx.Response = http.get("/sync/summary")
        found: dict[str, int] = answer.raise_for_status().json()["counts"]
        return found


def waiting(server: SignedInServer) -> int:
    found = counts(server)
    return found["pending"] + found["processing"]


def drained(server: SignedInServer) -> None:
    while waiting(server):
        time.sleep(0.1)
    assert counts(server)["failed"] == 0


def read_again(server: SignedInServer) -> None:
    """Returns once the first of them wait."""
    with server.http(server.token) as http:
        http.post(f"/buckets/{BUCKET}/verify").raise_for_status()
    while not waiting(server):
        time.sleep(0.02)


def idle(server: SignedInServer) -> list[tuple[str, str, str]]:
    """Of one process that is everything; a stack's are told by their own metrics."""
    if isinstance(server, Stack):
        return []
    return [("processor of an idle server", f"{idle_share(server):.2%}", "< 1 %")]


def idle_share(server: SignedInServer) -> float:
    """Of one processor."""
    began = _processor_seconds(server.pid)
    time.sleep(IDLE_SECONDS)
    return (_processor_seconds(server.pid) - began) / IDLE_SECONDS


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
