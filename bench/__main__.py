"""`python -m bench [--rounds 3] [--mebibytes 1024] [--files 10000]`: the table of docs/benchmarks.md."""

import argparse
import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from bench import limits, workloads
from bench.data import MIB, big_file, small_files, with_bytes_in_front
from bench.nginx import Nginx
from bench.syscalls import counted
from tests.servers.cairn_server import SignedInServer, running_server

# What is measured, what it is compared with in the same run, and the goal for that ratio (the targets' figures over their limits).
ROWS = (
    ("W1 native, cairn cp", "Python block loop", 2.2 / 1.06),
    ("W1 plain PUT", "Python block loop", 2.6 / 1.06),
    ("W2 again, other name", "Python block loop", 0.9 / 1.06),
    ("W3 100 bytes in front", "SHA-256 of the file", None),
    ("W4 small files, cairn cp -r", "cp -r", 2.5 / 0.8),
    ("W4 down, cairn cp -r", "cp -r", None),
    ("W5 down, one stream", "nginx without sendfile", 2.0),
    ("W5 down, cairn cp", "nginx without sendfile", None),
    ("W5R down, four ranges", "nginx without sendfile", 2.0),
    ("W6 32 clients", "Python block loop", None),
    ("W7 list all entries", "", None),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args()
    console = Console()
    # All that a run writes is removed at its end only: mass deletions slow this disk for minutes.
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir="."))
    try:
        seconds, notes = measure(folder.resolve(), options, console.log)
        console.print(table(seconds), *notes, sep="\n")
    finally:
        shutil.rmtree(folder)


def measure(
    folder: Path, options: argparse.Namespace, tell: Callable[[str], None]
) -> tuple[dict[str, list[float]], list[str]]:
    seconds: dict[str, list[float]] = defaultdict(list)
    tell("making the files")
    small = small_files(folder, options.files)
    with running_server(folder / "server") as server, Nginx(folder) as nginx:
        for number in range(options.rounds):
            tell(f"round {number + 1} of {options.rounds}")
            one_round(folder, server, nginx, small, options, seconds)
        notes = [f"server's peak memory: {server.peak_memory_bytes() / 1e6:.0f} MB (goal 200)"]
        notes += sync_counts(folder, server)
    return seconds, notes


def one_round(
    folder: Path,
    server: SignedInServer,
    nginx: Nginx,
    small: Path,
    options: argparse.Namespace,
    seconds: dict[str, list[float]],
) -> None:
    big = big_file(folder, "big", options.mebibytes)
    parts = [big_file(folder, f"part-{n}", max(1, options.mebibytes // 32)) for n in range(32)]

    def add(name: str, value: float) -> None:
        seconds[name].append(value)

    add("dd with fsync", limits.write_with_fsync(big, folder))
    add("SHA-256 of the file", limits.sha256_of_file(big))
    add("loopback TCP", limits.loopback(options.mebibytes))
    add("Python block loop", limits.block_loop(big, folder))
    add("W1 native, cairn cp", workloads.copy_up(server, big))
    add("W2 again, other name", workloads.copy_up(server, big))
    name = str(uuid4())
    server.cairn("cp", str(big), f"cairn:bench/{name}")
    add("nginx without sendfile", nginx.get(big.name))
    add("W5 down, one stream", workloads.plain_get(server, name))
    add("W5 down, cairn cp", workloads.copy_down(server, name, folder / "down"))
    assert (folder / "down").read_bytes()[-MIB:] == big.read_bytes()[-MIB:]
    add("W5R down, four ranges", workloads.ranged_get(server, name, big.stat().st_size))
    insertion(folder, server, options.mebibytes, seconds)
    add("W1 plain PUT", workloads.plain_put(server, big_file(folder, "put", options.mebibytes)))
    add("cp -r", limits.copy_tree(small, folder))
    add("W4 small files, cairn cp -r", fresh_small(server, small, len(seconds["cp -r"])))
    number = len(seconds["cp -r"])
    add("W4 down, cairn cp -r", workloads.copy_folder_down(server, f"round-{number}", folder / f"down-{number}"))
    add("W6 32 clients", workloads.many_clients(server, parts))
    listed, count = workloads.list_all(server, f"round-{len(seconds['cp -r'])}/")
    assert count == options.files, f"{count} entries"
    add("W7 list all entries", listed)


def insertion(folder: Path, server: SignedInServer, mebibytes: int, seconds: dict[str, list[float]]) -> None:
    """W3 in a bucket cut by FastCDC."""
    with server.http(server.token) as client:
        client.post("/buckets", json={"name": "fastcdc", "chunking": "fastcdc"})
    source = big_file(folder, "cdc", mebibytes)
    workloads.copy_up(server, source, "fastcdc")
    seconds["W3 100 bytes in front"].append(
        workloads.copy_up(server, with_bytes_in_front(source, b"x" * 100), "fastcdc")
    )


def fresh_small(server: SignedInServer, small: Path, number: int) -> float:
    """W4 with contents that the server has not seen: the first bytes of each file are this round's."""
    for file in small.rglob("*.bin"):
        with file.open("r+b") as data:
            data.write(uuid4().bytes)
    return workloads.timed_cairn(server, "cp", "-r", str(small), f"cairn:bench/round-{number}")


def sync_counts(folder: Path, server: SignedInServer) -> list[str]:
    one = big_file(folder, "counted", 64)
    few = small_files(folder / "few", 1000, seed=2)
    report = folder / "strace"
    big = counted(server.pid, lambda: workloads.copy_up(server, one), report)
    small = counted(server.pid, lambda: workloads.copy_folder_up(server, few), report)
    return [f"64 MiB up: {big}", f"1,000 small files up: {small}"]


def table(seconds: dict[str, list[float]]) -> Table:
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    printed = Table("workload", "seconds", "compared with", "ratio", "goal", title="medians of all rounds")
    for name, limit, goal in ROWS:
        ratio = f"{medians[name] / medians[limit]:.2f} ×" if limit else ""
        printed.add_row(name, f"{medians[name]:.3f}", limit, ratio, f"≤ {goal:.2f} ×" if goal else "")
    printed.add_section()
    for name in medians.keys() - {row[0] for row in ROWS}:
        printed.add_row(name, f"{medians[name]:.3f}")
    return printed


if __name__ == "__main__":
    main()
