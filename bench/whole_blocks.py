"""`python -m bench.whole_blocks [--rounds 3] [--mebibytes 1024]`: one file down by `cairn cp`, whole blocks from the disk, beside nginx.

Every room by itself, PostgreSQL, the store on disk. The peer is nginx with sendfile that serves the same bytes as one file, and curl: once
to /dev/null, once into a file that is synced, which is what a copy leaves.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import nginx
from bench.data import big_file
from bench.five_processes import cpu_seconds, told
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.processes import children
from tests.servers.stack import Stack, running_stack

GOAL = 1.3
PEER, PEER_KEPT = "nginx, curl to /dev/null", "nginx, curl to a file, synced"
WHOLE, RANGES = "cairn cp, whole blocks", "cairn cp, ranges through the rooms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mebibytes", type=int, default=1024)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        Console().print(*measure(folder, options.rounds, options.mebibytes), sep="\n")
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, rounds: int, mebibytes: int) -> list[Table | str]:
    """The table, and what each process used."""
    seconds: dict[str, list[float]] = defaultdict(list)
    store = folder / "store"
    with (
        PostgreSQLServer.running() as database,
        running_stack(folder / "five", CAIRN_DATABASE=database.fresh_database(), CAIRN_STORE=f"file://{store}") as five,
        nginx.Nginx(folder, sendfile=True) as peer,
    ):
        source = big_file(folder, "source", mebibytes)
        five.cairn("cp", str(source), "cairn:bench/source")
        door = door_with(store, five, folder / "door")
        door.start()
        try:
            works: Mapping[str, Callable[[], float]] = {
                PEER: lambda: peer.get(source.name),
                PEER_KEPT: lambda: kept(peer.url(source.name), folder / "kept"),
                WHOLE: lambda: copied(five, door.url, folder / "down"),
                RANGES: lambda: copied(five, five.url, folder / "down"),
            }
            used = {}
            for number in range(rounds):
                for name, work in works.items():
                    before = cpu(five, door)
                    seconds[name].append(work())
                    used[name] = {who: spent - before[who] for who, spent in cpu(five, door).items()}
                    if number == 0 and name in {WHOLE, RANGES}:
                        assert (folder / "down").read_bytes() == source.read_bytes()
        finally:
            door.stop()
    spent = {name: sum(figures.values()) for name, figures in used.items()}
    return [
        table(seconds, spent, mebibytes),
        *(f"CPU seconds, {name}: {told(figures)}" for name, figures in used.items()),
    ]


def door_with(store: Path, five: Stack, folder: Path) -> Nginx:
    """A front door that has the store's folder; that of `five` itself has not."""
    port, secure_port = free_ports(2)
    rooms = {room.value: (server.port,) for room, server in five.rooms.items()}
    return Nginx(folder, port, secure_port, rooms, blocks_folder=str(store))


def copied(five: Stack, url: str, target: Path) -> float:
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    five.cairn("cp", "cairn:bench/source", str(target), CAIRN_URL=url)
    return time.perf_counter() - started


def kept(url: str, target: Path) -> float:
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    subprocess.run(["curl", "-sS", "--fail", "-o", target, url], check=True)
    with target.open("rb") as data:
        os.fsync(data)
    return time.perf_counter() - started


def cpu(five: Stack, door: Nginx) -> Mapping[str, float]:
    """Of each room, of both front doors, and of what was started here: curl, or `cairn cp`."""
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    rooms = {room.value: cpu_seconds(server.pid) for room, server in five.rooms.items()}
    return rooms | {
        "front doors": sum(cpu_seconds(each) for one in (door, five.nginx) for each in children(one.master)),
        "curl or cp": own.ru_utime + own.ru_stime,
    }


def table(seconds: Mapping[str, list[float]], spent: Mapping[str, float], mebibytes: int) -> Table:
    """`spent`: processor time of all processes together."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    printed = Table(
        "down", "seconds", "× to /dev/null", "× kept", "CPU seconds", title=f"{mebibytes} MiB (goal ≤ {GOAL} × nginx)"
    )
    for name, median in medians.items():
        printed.add_row(
            name,
            f"{median:.2f}",
            f"{median / medians[PEER]:.2f}",
            f"{median / medians[PEER_KEPT]:.2f}",
            f"{spent[name]:.2f}",
        )
    return printed


if __name__ == "__main__":
    main()
