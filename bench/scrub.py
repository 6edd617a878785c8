"""`python -m bench.scrub [--mebibytes 1024] [--files 10000] [--rounds 3]`: blocks read back by the store, beside `sha256sum`.

Both read the same files, begin with nothing of them in memory (posix_fadvise), take turns in each round, and read every byte once.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.data import MIB
from block_storage import FilesystemBlockStore, Health
from foundation.blocks import BlockId, BlockName

GOAL = 0.7
_SMALL_BYTES = 32 * 1024
_GROUP = 256
# As many as a worker asks for at once.
_PAGE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    printed = Table(
        "blocks",
        "sha256sum MiB/s",
        "prove MiB/s",
        "ratio",
        "goal",
        title="read back from the disk, medians of all rounds",
    )
    # All that a run writes is removed at its end only: mass deletions slow this disk for minutes.
    folder = Path(tempfile.mkdtemp(prefix="cairn-bench-", dir=".")).resolve()
    try:
        for label, size, count in (
            ("4 MiB", 4 * MIB, options.mebibytes // 4),
            ("1 MiB", MIB, options.mebibytes),
            ("32 KiB", _SMALL_BYTES, options.files),
        ):
            plain, proved = measured(folder / f"{size}", size, count, options.rounds)
            total = size * count / MIB
            printed.add_row(
                f"{count:,} of {label}",
                f"{total / plain:,.0f}",
                f"{total / proved:,.0f}",
                f"{plain / proved:.2f} ×",
                f"≥ {GOAL:.2f} ×",
            )
        Console().print(printed)
    finally:
        shutil.rmtree(folder)


def measured(root: Path, size: int, count: int, rounds: int) -> tuple[float, float]:
    """Seconds of `sha256sum` and of `prove`."""
    with closing(FilesystemBlockStore([str(root)], initialise=True)) as store:
        names = stored(store, size, count)
        files = [root / str(name)[:2] / str(name) for name, _ in names]
        plain: list[float] = []
        proved: list[float] = []
        for number in range(rounds):
            turns = [(plain, lambda: sha256sum(files)), (proved, lambda: prove(store, names))]
            # Whoever is second finds the disk's own memory warmer.
            for seconds, act in turns if number % 2 else reversed(turns):
                forget(files)
                seconds.append(timed(act))
    return statistics.median(plain), statistics.median(proved)


def stored(store: FilesystemBlockStore, size: int, count: int) -> list[tuple[BlockName, int]]:
    names = []
    step = max(1, min(_GROUP, 64 * MIB // size))
    for first in range(0, count, step):
        contents = [os.urandom(size) for _ in range(min(step, count - first))]
        blocks = [(BlockName.new(BlockId.of(data), 1), data) for data in contents]
        assert not any(store.put_many(blocks))
        names += [(name, size) for name, _ in blocks]
    return names


def forget(files: Sequence[Path]) -> None:
    """Nothing of `files`, which are synced, is in memory."""
    for file in files:
        fd = os.open(file, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def sha256sum(files: Sequence[Path]) -> None:
    listed = "\0".join(map(str, files)).encode()
    subprocess.run(["xargs", "-0", "sha256sum"], input=listed, stdout=subprocess.DEVNULL, check=True)


def prove(store: FilesystemBlockStore, names: Sequence[tuple[BlockName, int]]) -> None:
    for first in range(0, len(names), _PAGE):
        proofs = store.prove(names[first : first + _PAGE])
        assert all(proof.health is Health.WHOLE for proof in proofs.values())


def timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
