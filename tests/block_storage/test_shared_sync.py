"""Grouped fsync: shared by those who came before it began, and never passed off as done when it failed."""

import errno
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from block_storage.shared_sync import SharedSync


class Gate:
    """An fsync that waits for a word, and counts."""

    def __init__(self) -> None:
        self.began: list[threading.Event] = [threading.Event() for _ in range(9)]
        self.go_on: list[Future[None]] = [Future() for _ in range(9)]
        self.count = 0

    def sync(self, _fd: int) -> None:
        number = self.count
        self.count += 1
        self.began[number].set()
        self.go_on[number].result(timeout=30)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def gathered(sync: SharedSync, threads: ThreadPoolExecutor, count: int) -> list[Future[None]]:
    """Callers who wait behind a running fsync, all of them arrived."""
    arrived = threading.Barrier(count + 1)

    def ask() -> None:
        arrived.wait(timeout=30)
        sync.sync("ab", 0)

    asked = [threads.submit(ask) for _ in range(count)]
    arrived.wait(timeout=30)
    return asked


def test_who_waits_behind_a_running_fsync_shares_the_next(gate: Gate) -> None:
    sync = SharedSync(gate.sync)
    for free in gate.go_on[1:]:
        free.set_result(None)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(sync.sync, "ab", 0)
        assert gate.began[0].wait(30)
        others = gathered(sync, threads, 6)
        assert not any(other.done() for other in others)
        gate.go_on[0].set_result(None)
        for future in (first, *others):
            future.result(timeout=30)
    assert 2 <= gate.count <= 7


def test_other_folders_do_not_wait(gate: Gate) -> None:
    sync = SharedSync(gate.sync)
    gate.go_on[1].set_result(None)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(sync.sync, "ab", 0)
        assert gate.began[0].wait(30)
        threads.submit(sync.sync, "cd", 0).result(timeout=30)
        assert not first.done()
        gate.go_on[0].set_result(None)


def test_a_failed_fsync_fails_its_caller_and_the_next_caller_gets_a_new_one(gate: Gate) -> None:
    sync = SharedSync(gate.sync)
    gate.go_on[0].set_exception(OSError(errno.EIO, "Input/output error"))
    gate.go_on[1].set_result(None)
    with pytest.raises(OSError, match="Input/output error"):
        sync.sync("ab", 0)
    sync.sync("ab", 0)
    assert gate.count == 2


def test_who_waited_while_an_fsync_failed_fails_with_it_and_makes_no_second_one(gate: Gate) -> None:
    sync = SharedSync(gate.sync)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(sync.sync, "ab", 0)
        assert gate.began[0].wait(30)
        second = threads.submit(sync.sync, "ab", 0)
        while not sync._queues["ab"].gathering:  # noqa: SLF001 — nothing else shows that it waits.
            gate.began[8].wait(0.001)
        gate.go_on[0].set_exception(OSError(errno.EIO, "Input/output error"))
        for future in (first, second):
            with pytest.raises(OSError, match="Input/output error"):
                future.result(timeout=30)
    assert gate.count == 1


def test_many_threads_all_come_to_an_end(tmp_path: object) -> None:
    sync = SharedSync(os.fsync)
    fd = os.open(str(tmp_path), os.O_RDONLY)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: sync.sync("ab", fd), range(2000)))
    os.close(fd)


def test_who_was_still_writing_while_a_sync_failed_fails_at_its_own(gate: Gate) -> None:
    sync = SharedSync(gate.sync)
    before = sync.failures("ab")
    gate.go_on[0].set_exception(OSError(errno.EIO, "Input/output error"))
    for free in gate.go_on[1:]:
        free.set_result(None)
    with pytest.raises(OSError, match="Input/output error"):
        sync.sync("ab", 0, before)
    with pytest.raises(OSError, match="Input/output error"):
        sync.sync("ab", 0, before)
    sync.sync("ab", 0, sync.failures("ab"))
    sync.sync("cd", 0, sync.failures("cd"))
