"""`python -m bench.costs [--requests 300] [--files 2000] [--each 1]`: what a request and a file cost each service, and the database.

Processor time, not seconds by the clock: it says the same on a busy machine.
"""

import argparse
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep

import httpx
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench import workloads
from bench.data import big_file
from bench.five_processes import cpu_seconds, rss
from foundation.blocks import MIB
from foundation.service_tokens import Room
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.processes import descendants
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import Stack, running_stack

_BIG_MIB = 256
_RANGE_BYTES = 65_536
_WAITS = 1000
_OF_A_FILE = ("files", "file_versions", "changes", "sync_events", "contents")
_OF_A_CHUNK = ("file_chunks", "blocks", "block_holders")
Ask = Callable[[int], httpx.Response]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--each", type=int, default=1, choices=[1, 2])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        with stack_on(folder, options.each) as stack:
            Console().print(of_requests(stack, folder, options.requests), of_bytes(stack, folder), sep="\n")
            Console().print(of_rows(stack, folder, options.files), of_waits(stack), sep="\n")
    finally:
        shutil.rmtree(folder)


@contextmanager
def stack_on(folder: Path, each: int) -> Iterator[Stack]:
    with PostgreSQLServer.running() as database, SeaweedFSServer.running() as store:
        settings = {"CAIRN_DATABASE": database.fresh_database(), "CAIRN_STORE": store.address.fresh_location()}
        with running_stack(folder / "stack", each, **settings) as stack:
            yield stack


def of_requests(stack: Stack, folder: Path, count: int) -> Table:
    """Milliseconds of processor time a request, of everybody who takes part."""
    dice = random.Random(1)
    with stack.http(stack.token) as http:
        http.post("/buckets", json={"name": "bench"}).raise_for_status()
        http.put(
            "/buckets/bench/content/big", content=big_file(folder, "big", _BIG_MIB).read_bytes()
        ).raise_for_status()
        http.put("/buckets/bench/content/small", content=b"x" * 1024).raise_for_status()

        def ranged(_number: int) -> httpx.Response:
            start = dice.randrange(_BIG_MIB * MIB - _RANGE_BYTES)
            return http.get(
                "/buckets/bench/content/big", headers={"Range": f"bytes={start}-{start + _RANGE_BYTES - 1}"}
            )

        asked: Mapping[str, Ask] = {
            "who am I": lambda _: http.get("/me"),
            "a list of 100": lambda _: http.get("/buckets/bench/files?limit=100"),
            "a page of changes": lambda _: http.get("/buckets/bench/changes?after=0&limit=1"),
            "PUT 1 KiB": lambda number: http.put(f"/buckets/bench/content/put/{number}", content=b"%d" % number * 256),
            "GET 1 KiB": lambda _: http.get("/buckets/bench/content/small"),
            "GET 64 KiB out of 256 MiB": ranged,
        }
        printed = Table("request", *_names(stack), "all", title=f"processor time a request, ms ({count} of each)")
        for name, ask in asked.items():
            for number in range(-10, 0):
                ask(number).raise_for_status()
            before = _used(stack)
            for number in range(count):
                ask(number).raise_for_status()
            used = {who: 1000 * (spent - before[who]) / count for who, spent in _used(stack).items()}
            printed.add_row(name, *(f"{spent:.2f}" for spent in used.values()), f"{sum(used.values()):.2f}")
    return printed


def of_bytes(stack: Stack, folder: Path) -> Table:
    """Seconds of processor time a GiB."""
    printed = Table("1 GiB", *_names(stack), "all", title="processor time a GiB, s")
    steps: Mapping[str, tuple[Callable[[], float], float]] = {
        "up by one PUT": (lambda: workloads.plain_put(stack, big_file(folder, "one", 1024)), 1.0),
        "up by cairn cp": (lambda: workloads.copy_up(stack, big_file(folder, "other", 1024)), 1.0),
        "down by one GET": (lambda: workloads.plain_get(stack, "big"), _BIG_MIB / 1024),
    }
    for name, (work, gibibytes) in steps.items():
        before = _used(stack)
        work()
        used = {who: (spent - before[who]) / gibibytes for who, spent in _used(stack).items()}
        printed.add_row(name, *(f"{spent:.1f}" for spent in used.values()), f"{sum(used.values()):.1f}")
    return printed


def of_rows(stack: Stack, folder: Path, files: int) -> Table:
    """Bytes in the database, indexes included, by what is there more of."""
    source = folder / "many"
    for number in range(files):
        file = source / f"{number // 100}" / f"photo {number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"%d" % number)
    before = _sizes(stack)
    workloads.copy_folder_up(stack, source)
    after = _sizes(stack)
    grown = {name: (after[name] - before.get(name, 0)) / files for name in after}
    printed = Table("a row of", "bytes", title=f"bytes in the database, a file of one chunk ({files} of them)")
    for name, size in sorted(grown.items(), key=lambda item: -item[1]):
        if size > 1:
            printed.add_row(name, f"{size:.0f}")
    printed.add_row("what a file has", f"{sum(grown[name] for name in _OF_A_FILE):.0f}")
    printed.add_row("what a chunk has", f"{sum(grown[name] for name in _OF_A_CHUNK):.0f}")
    printed.add_row("all", f"{sum(grown.values()):.0f}")
    return printed


def of_waits(stack: Stack) -> str:
    """What somebody who waits for a journal costs the room that they wait in."""
    room = stack.rooms[Room.METADATA]
    head = (
        f"GET /api/v1/buckets/bench/changes?after={{}}&wait=50 HTTP/1.1\r\nHost: bench\r\n"
        f"Authorization: Bearer {stack.token}\r\n\r\n"
    )
    with stack.http(stack.token) as http, ExitStack() as held:
        newest = 0
        while (page := http.get(f"/buckets/bench/changes?after={newest}&limit=10000").json())["items"]:
            newest = page["items"][-1]["sequence"]
        before = rss(room.pid)
        for _ in range(_WAITS):
            waiting = held.enter_context(socket.create_connection(("127.0.0.1", room.port)))
            waiting.sendall(head.format(newest).encode())
        # Whoever asks after them is answered after they were heard.
        assert httpx.get(f"{room.url}/healthz", timeout=60).status_code == 200
        sleep(5)
        return f"{_WAITS} waits: {1000 * (rss(room.pid) - before) / _WAITS:.1f} kB each in metadata"


def _sizes(stack: Stack) -> dict[str, int]:
    location = make_url(stack.environment["CAIRN_DATABASE"]).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(location, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        rows = connection.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {str(name): int(size) for name, size in rows}


def _names(stack: Stack) -> list[str]:
    return list(_used(stack))


def _used(stack: Stack) -> dict[str, float]:
    """Seconds of processor time so far."""
    rooms = {room.value: cpu_seconds(server.pid) for room, server in stack.rooms.items()}
    for room, server in stack.twins.items():
        rooms[room.value] += cpu_seconds(server.pid)
    programs = {"nginx": "nginx", "postgres": "PostgreSQL", "weed": "SeaweedFS"}
    found = dict.fromkeys(programs.values(), 0.0)
    for process in descendants(os.getpid()):
        try:
            program = Path(f"/proc/{process}/comm").read_text().strip()
            if program in programs:
                found[programs[program]] += cpu_seconds(process)
        except OSError:
            continue
    return rooms | found


if __name__ == "__main__":
    main()
