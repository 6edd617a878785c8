"""Commits of one bucket that come while another runs share the next transaction."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest

from foundation.identity import Identity
from foundation.problems import NotFound, Problem
from metadata import CommitRequest
from metadata.commit_queue import CommitQueue
from tests.servers.cairn_server import wait_until

BUCKET, OTHER = UUID(int=1), UUID(int=2)


def request(number: int) -> CommitRequest:
    return CommitRequest(Identity(), UUID(int=number))


class Acts:
    """Refuses each request with its own number, once it is let go on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = threading.Event()
        self.broken: Exception | None = None

    def __call__(self, requests: Sequence[CommitRequest]) -> list[Problem]:
        self.groups.append([one.upload.int for one in requests])
        self.go_on.wait(20)
        if self.broken:
            raise self.broken
        return [NotFound(str(one.upload.int)) for one in requests]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(100) as threads:
        yield threads


def lined_up(pool: ThreadPoolExecutor, queue: CommitQueue, acts: Acts, count: int) -> "list[Future[object]]":
    """One that runs and `count` - 1 behind it, in order."""
    futures: list[Future[object]] = []
    for number in range(count):
        futures.append(pool.submit(queue.commit, BUCKET, request(number)))
        wait_until(lambda number=number: acts.groups and queue.waiting(BUCKET) == number)
    return futures


def test_those_who_come_while_one_runs_are_committed_together_and_each_gets_its_own_answer(
    pool: ThreadPoolExecutor,
) -> None:
    acts = Acts()
    futures = lined_up(pool, CommitQueue(acts), acts, 80)
    acts.go_on.set()
    assert [str(future.result(20)) for future in futures] == [str(number) for number in range(80)]
    assert acts.groups == [[0], list(range(1, 65)), list(range(65, 80))]


def test_a_bucket_does_not_wait_for_another(pool: ThreadPoolExecutor) -> None:
    acts = Acts()
    queue = CommitQueue(acts)
    (first,) = lined_up(pool, queue, acts, 1)
    other = pool.submit(queue.commit, OTHER, request(7))
    wait_until(lambda: acts.groups == [[0], [7]])
    acts.go_on.set()
    assert (str(first.result(20)), str(other.result(20))) == ("0", "7")


def test_what_breaks_the_transaction_is_raised_to_all_of_it_and_the_next_go_on(pool: ThreadPoolExecutor) -> None:
    acts = Acts()
    queue = CommitQueue(acts)
    futures = lined_up(pool, queue, acts, 3)
    acts.broken = OSError("broken")
    acts.go_on.set()
    for future in futures:
        with pytest.raises(OSError, match="broken"):
            future.result(20)
    acts.broken = None
    assert str(pool.submit(queue.commit, BUCKET, request(9)).result(20)) == "9"
