"""`python -m bench.front_door [--mebibytes 1024] [--rounds 3]`: W1 and W5 through nginx and TLS, rooms by themselves, beside one process.

All stand on one PostgreSQL and one S3 store. In the third, the chunker writes the store itself, without block storage between.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from bench import limits, workloads
from bench.data import big_file
from bench.five_processes import cpu_seconds, told
from foundation.service_tokens import Room
from tests.servers.cairn_server import SignedInServer, running, running_server
from tests.servers.postgresql_server import PostgreSQLServer
from tests.servers.processes import descendants
from tests.servers.seaweedfs_server import SeaweedFSServer
from tests.servers.stack import Stack

ONE, ROOMS, DIRECT = "one process", "every room by itself", "chunker writes the store"
GOALS = {("W1", ROOMS): 3.0, ("W1", DIRECT): 1.3, ("W5", ROOMS): 1.3, ("W5", DIRECT): 1.3}
# CPU seconds in one second, of all servers together: what they are rung for again and again.
_AT_REST = 0.15
_SETTLE_SECONDS = 90.0
Figures = dict[tuple[str, str], list[float]]


class SecureStack(Stack):
    """Whoever asks it goes through nginx and TLS."""

    def sign_in(self) -> None:
        self.url = self.nginx.secure_url
        # As OpenSSL and as curl ask for what to trust.
        self.environment |= dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(self.nginx.certificate))
        super().sign_in()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        Console(width=140).print(*measure(folder, options.mebibytes, options.rounds), sep="\n")
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, mebibytes: int, rounds: int) -> list[Table | str]:
    seconds: Figures = defaultdict(list)
    cpu: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    writes: list[float] = []
    with everything(folder) as servers:
        for name, server in servers.items():
            workloads.timed_cairn(server, "cp", str(big_file(folder, "warm", 4)), f"cairn:bench/{name}")
        for number in range(rounds):
            writes.append(limits.write_with_fsync(big_file(folder, "source", mebibytes), folder))
            # Who comes first differs: what a disk has still to write is the next one's burden.
            for name, server in [*islice(cycle(servers.items()), number, number + len(servers))]:
                for workload, took, spent in one_round(folder, server, mebibytes, servers.values()):
                    seconds[workload, name].append(took)
                    for process, used in spent.items():
                        cpu[workload, name, process].append(used * 1024 / mebibytes)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    notes = [
        f"CPU seconds a GiB, {workload}, {name}: "
        + told(
            {process: statistics.median(used) for (w, n, process), used in cpu.items() if (w, n) == (workload, name)}
        )
        for workload, name in seconds
    ]
    written = ", ".join(f"{one:.1f}" for one in writes)
    return [
        table(seconds, mebibytes),
        *notes,
        f"`dd` with fsync {written} s; load average {load}, {os.cpu_count()} cores",
    ]


@contextmanager
def everything(folder: Path) -> Iterator[Mapping[str, SignedInServer]]:
    with PostgreSQLServer.running() as database, SeaweedFSServer.running() as store:

        def settings() -> dict[str, str]:
            return {"CAIRN_DATABASE": database.fresh_database(), "CAIRN_STORE": store.address.fresh_location()}

        (folder / "rooms").mkdir()
        (folder / "direct").mkdir()
        rooms, direct = SecureStack(folder / "rooms", **settings()), SecureStack(folder / "direct", **settings())
        del direct.rooms[Room.CHUNKER].environment["CAIRN_BLOCKS"]
        with running_server(folder / "one", **settings()) as one, running(rooms), running(direct):
            yield {ONE: one, ROOMS: rooms, DIRECT: direct}


def one_round(
    folder: Path, server: SignedInServer, mebibytes: int, all_servers: Collection[SignedInServer]
) -> Iterator[tuple[str, float, Mapping[str, float]]]:
    """Each workload, its seconds, and the CPU seconds of each process."""
    name = str(uuid4())
    works: Mapping[str, Callable[[], float]] = {
        "W1": lambda: workloads.plain_put(server, big_file(folder, "source", mebibytes), name),
        "W1 by cairn cp": lambda: workloads.copy_up(server, big_file(folder, "source", mebibytes)),
        "W5": lambda: workloads.plain_get(server, name),
        "W5 by cairn cp": lambda: workloads.copy_down(server, name, folder / "down"),
    }
    for workload, work in works.items():
        settle(all_servers)
        yield workload, *spending(server, work)


def settle(servers: Collection[SignedInServer]) -> None:
    """Until what was written is on the disk, and verified: that is no part of what comes next."""
    end = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < end:
        os.sync()
        before = sum(busy(server) for server in servers)
        time.sleep(1)
        if sum(busy(server) for server in servers) - before < _AT_REST:
            return


def busy(server: SignedInServer) -> float:
    """CPU seconds until now."""
    return sum(cpu_seconds(pid) for pids in processes_of(server).values() for pid in pids)


def spending(server: SignedInServer, work: Callable[[], float]) -> tuple[float, Mapping[str, float]]:
    processes = processes_of(server)
    before = {name: sum(map(cpu_seconds, pids)) for name, pids in processes.items()}
    took = work()
    return took, {name: sum(map(cpu_seconds, pids)) - before[name] for name, pids in processes.items()}


def processes_of(server: SignedInServer) -> Mapping[str, Sequence[int]]:
    """With those that each has started."""
    if not isinstance(server, Stack):
        return {"server": [server.pid, *descendants(server.pid)]}
    first = {room.value: process.pid for room, process in server.rooms.items()} | {"nginx": server.nginx.master}
    return {name: [pid, *descendants(pid)] for name, pid in first.items()}


def table(seconds: Figures, mebibytes: int) -> Table:
    printed = Table(
        "workload", ONE, ROOMS, "ratio", "goal", DIRECT, "ratio", "goal", title=f"{mebibytes} MiB, medians, seconds"
    )
    for workload in dict.fromkeys(workload for workload, _ in seconds):
        one, *others = (statistics.median(seconds[workload, name]) for name in (ONE, ROOMS, DIRECT))
        cells = [f"{one:.2f}"]
        for name, took in zip((ROOMS, DIRECT), others, strict=True):
            goal = GOALS.get((workload, name))
            cells += [f"{took:.2f}", f"{took / one:.2f} ×", f"≤ {goal:.1f} ×" if goal else ""]
        printed.add_row(workload, *cells)
    return printed


if __name__ == "__main__":
    main()
