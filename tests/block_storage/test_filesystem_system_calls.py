"""Every system call of a put fails once, or is the last thing the process does (FAULTS 1, 2 and 6), by strace."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import xxhash

from block_storage import BlockNotFound, FilesystemBlockStore, Presence
from foundation.blocks import BlockName
from tests.block_storage.put_child import SIZE, blocks, put
from tests.full_run import few

PROJECT = Path(__file__).resolve().parents[2]
CALLS = ("write", "fdatasync", "rename,renameat,renameat2", "fsync", "unlink,unlinkat")
GROUP = 4
GROUP_CALLS = ("write", "syncfs", "rename,renameat,renameat2", "unlink,unlinkat")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
MOST_CALLS = 60
ANSWERS = {"error=EIO": "storage-failed", "error=ENOSPC": "storage-full"}


@dataclass(frozen=True)
class Run:
    """What a child said, and whether the fault met it."""

    said: list[str]
    was_hit: bool


def run(folder: Path, paths: list[str], count: int, seed: str, inject: str) -> Run:
    """Put `seed`'s blocks, `count` at once, in a child, with `inject` as strace understands it."""
    log = folder / "strace"
    # strace 6.1 is fast with this, and loses injected signals.
    fast = [] if "signal=" in inject else ["--seccomp-bpf"]
    child = subprocess.run(
        ["strace", "-f", "-qq", *fast, "-o", log, "-e", f"trace={inject.partition(':')[0]}", "-e", f"inject={inject}",
         sys.executable, "-m", "tests.block_storage.put_child", str(count), seed, *paths],
        cwd=PROJECT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    # strace ends as its child did.
    was_killed = child.returncode == -signal.SIGKILL
    assert was_killed or child.returncode == 0, child.stderr
    return Run(child.stdout.split(), was_killed or "(INJECTED)" in log.read_text())


def each_hit(folder: Path, paths: list[str], count: int, calls: str, fault: str) -> Iterator[tuple[str, Run]]:
    """A run for each N, the fault at the Nth of `calls`, until there is nothing left to hit."""
    for number in range(1, MOST_CALLS):
        seed = f"{calls}-{fault}-{number}"
        found = run(folder, paths, count, seed, f"{calls}:{fault}:when={number}")
        yield seed, found
        if not found.was_hit:
            return
    pytest.fail(f"more than {MOST_CALLS} calls of {calls}")


def require_consistent(paths: list[str], count: int, seed: str, outcomes: list[str]) -> None:
    """What was acknowledged is on every copy, what was refused nowhere, what was cut off whole or nowhere; nothing is left over."""
    store = FilesystemBlockStore(paths)
    for which, outcome in zip((seed, f"{seed}-next"), [*outcomes, "cut off", "cut off"], strict=False):
        for name, data in blocks(which, count):
            require_right(store, name, data, outcome)
    put(store, seed, count)
    assert not [path for root in paths for path in Path(root).rglob(".tmp-*")]
    store.close()


def require_right(store: FilesystemBlockStore, name: BlockName, data: bytes, outcome: str) -> None:
    presence = store.check([(name, SIZE)])[name]
    if outcome == "stored":
        assert presence is Presence.PRESENT
    elif outcome == "cut off":
        assert presence in {Presence.PRESENT, Presence.DEGRADED, Presence.MISSING}
    else:
        assert presence is Presence.MISSING
        assert name not in store.list()
    if presence is Presence.MISSING:
        with pytest.raises(BlockNotFound):
            store.get(name, 0)
    else:
        assert store.get(name, xxhash.xxh3_64_intdigest(data)) == data


def survives(folder: Path, copies: str, calls: str, fault: str, count: int = 1) -> None:
    paths = [f"{folder}/{copy}" for copy in copies]
    FilesystemBlockStore(paths, initialise=True).close()
    hits = 0
    for seed, found in each_hit(folder, paths, count, calls, fault):
        outcomes = [word for word in found.said if word != "put"]
        refused = [word for word in outcomes if word != "stored"]
        if fault in ANSWERS:
            # One call fails once, and the other put works. strace counts each thread by itself, so copies meet it more often.
            assert set(refused) <= {ANSWERS[fault]}
            assert len(refused) <= len(copies)
        else:
            assert not refused
        if not found.was_hit:
            assert outcomes == ["stored", "stored"]
        hits += found.was_hit
        require_consistent(paths, count, seed, outcomes)
    assert hits or calls.startswith("unlink"), "nothing was hit: the calls have other names on this machine"


@pytest.mark.parametrize("fault", few(FAULTS))
@pytest.mark.parametrize("calls", CALLS)
def test_one_copy_survives_it(tmp_path: Path, calls: str, fault: str) -> None:
    survives(tmp_path, "a", calls, fault)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("calls", CALLS)
def test_three_copies_survive_it(tmp_path: Path, calls: str, fault: str) -> None:
    survives(tmp_path, "abc", calls, fault)


@pytest.mark.parametrize("fault", few(FAULTS))
@pytest.mark.parametrize("calls", GROUP_CALLS)
def test_a_group_survives_it(tmp_path: Path, calls: str, fault: str) -> None:
    survives(tmp_path, "a", calls, fault, GROUP)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("calls", GROUP_CALLS)
def test_a_group_on_three_copies_survives_it(tmp_path: Path, calls: str, fault: str) -> None:
    survives(tmp_path, "abc", calls, fault, GROUP)


@pytest.mark.full
@pytest.mark.parametrize("copies", ["a", "abc"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_index_survives_it(tmp_path: Path, copies: str, fault: str) -> None:
    survives(tmp_path, copies, "pwrite64", fault)
