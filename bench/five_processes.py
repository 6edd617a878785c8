"""`python -m bench.five_processes [--mebibytes 1024]`: the same upload to one process and to five, on the same PostgreSQL and S3 store."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import workloads
from bench.data import big_file
from tests.servers.cairn_server import SignedInServer, running_server
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import running_stack

GOAL = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")
WORKLOADS: Mapping[str, Callable[[SignedInServer, Path], float]] = {
    "plain PUT": workloads.plain_put,
    "native, cairn cp": workloads.copy_up,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=1024)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        Console().print(*measure(folder, options.mebibytes), sep="\n")
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, mebibytes: int) -> list[Table | str]:
    """The table, and what each process used."""
    title = f"{mebibytes} MiB up, to one process and to five (goal ≤ {GOAL:.0f} ×)"
    printed, notes = Table("workload", "one", "five", "ratio", title=title), []
    with PostgreSQLServer.running() as database, SeaweedFSServer.running() as store:

        def settings() -> dict[str, str]:
            return {"CAIRN_DATABASE": database.fresh_database(), "CAIRN_STORE": store.address.fresh_location()}

        with running_server(folder / "one", **settings()) as one, running_stack(folder / "five", **settings()) as five:
            rooms = {room.value: server.pid for room, server in five.rooms.items()}
            notes.append("MB at rest: " + told({"one": rss(one.pid)} | {name: rss(pid) for name, pid in rooms.items()}))
            for server in (one, five):
                workloads.timed_cairn(server, "cp", str(big_file(folder, "warm", 4)), "cairn:bench/warm")
            for name, work in WORKLOADS.items():
                # Each has its own bytes: neither store may know them.
                seconds, cpu = watched({"one": one.pid}, one, big_file(folder, "source", mebibytes), work)
                of_five, cpu_of_five = watched(rooms, five, big_file(folder, "source", mebibytes), work)
                printed.add_row(name, f"{seconds:.1f}", f"{of_five:.1f}", f"{of_five / seconds:.2f} ×")
                notes.append(f"CPU seconds, {name}: {told(cpu | cpu_of_five)}; five {sum(cpu_of_five.values()):.1f}")
            notes.append(
                "MB afterwards: " + told({"one": rss(one.pid)} | {name: rss(pid) for name, pid in rooms.items()})
            )
    return [printed, *notes]


def watched(
    pids: Mapping[str, int], server: SignedInServer, source: Path, work: Callable[[SignedInServer, Path], float]
) -> tuple[float, dict[str, float]]:
    """How long `work` took, and what it cost each process."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    seconds = work(server, source)
    return seconds, {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    """User and system time, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss(pid: int) -> float:
    """Megabytes of memory that the process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1000


def told(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure:.1f}" for name, figure in figures.items())


if __name__ == "__main__":
    main()
