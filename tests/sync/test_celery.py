"""Celery's workers on a real Redis: what a message does, what it cannot do, and what becomes of a child that dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from sync import Queue, RedisBroker
from tests.servers.cairn_server import wait_until
from tests.servers.processes import children
from tests.servers.redis_server import RedisServer

SECONDS = 60


class Worker:
    """`diary`: which chores ran, in order, and in which process."""

    def __init__(self, broker: str, folder: Path, turn_seconds: float, concurrency: int) -> None:
        self.broker = RedisBroker(broker)
        self._diary, self._log = folder / "diary", (folder / "log").open("w")
        arguments = [broker, str(self._diary), str(turn_seconds), str(concurrency)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.celery_child", *arguments],
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def ran(self, name: str) -> list[int]:
        """The processes in which `name` ran, one for each time."""
        text = self._diary.read_text() if self._diary.exists() else ""
        return [int(line.rpartition(" ")[2]) for line in text.splitlines() if line.rpartition(" ")[0] == name]

    def await_ran(self, name: str, times: int = 1) -> None:
        wait_until(lambda: len(self.ran(name)) >= times, SECONDS)

    def close(self) -> None:
        self.broker.close()
        # A child that goes on holds the connection on which its parent waited: Redis would send the next test's message there.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()


Start = Callable[..., Worker]


@pytest.fixture
def start(broker: str, tmp_path: Path) -> Iterator[Start]:
    """A worker of at most two children on an empty Redis; one a test."""
    started: list[Worker] = []

    def worker(turn_seconds: float = 20.0, location: str = broker) -> Worker:
        started.append(Worker(location, tmp_path, turn_seconds, concurrency=2))
        return started[-1]

    yield worker
    for one in started:
        one.close()


def test_a_message_is_one_look_in_a_child_and_the_next_finds_what_was_opened(start: Start) -> None:
    worker = start()
    for times in (1, 2, 3):
        worker.broker.send("quick", Queue.VERIFY)
        worker.await_ran("quick", times)
    assert len(worker.ran("quick")) == 3
    assert worker.process.pid not in worker.ran("quick")


def test_a_job_that_kills_its_process_or_raises_stops_nobody_else(start: Start) -> None:
    worker = start()
    worker.broker.send("die", Queue.VERIFY)
    worker.await_ran("die")
    worker.broker.send("breaks", Queue.VERIFY)
    for times in (1, 2, 3):
        worker.broker.send("other", Queue.COLLECT)
        worker.await_ran("other", times)
    assert worker.process.poll() is None


def test_a_chore_that_does_not_end_gives_its_turn_away_and_gets_another(start: Start) -> None:
    worker = start(turn_seconds=0.5)
    worker.broker.send("endless", Queue.VERIFY)
    worker.await_ran("endless", 40)  # Of some ten slices in each turn.
    worker.broker.send("quick", Queue.VERIFY)
    worker.broker.send("other", Queue.COLLECT)
    worker.await_ran("quick")
    worker.await_ran("other")


def test_a_flood_of_one_queue_does_not_keep_another_waiting(start: Start, broker: str) -> None:
    with closing(RedisBroker(broker)) as sender, redis.Redis.from_url(broker) as client:
        sender.send("quick", Queue.VERIFY)
        (message,) = client.lrange("verify", 0, 0)
        client.lpush("verify", *[message] * 3000)
        sender.send("other", Queue.COLLECT)
    worker = start()
    worker.await_ran("other")
    assert len(worker.ran("quick")) < 3000


def test_one_long_chore_at_a_time_the_other_is_told_later(start: Start, broker: str) -> None:
    worker = start()
    worker.broker.send("long", Queue.COLLECT)
    worker.await_ran("endless")
    worker.broker.send("long too", Queue.COLLECT)
    wait_until(lambda: "long too" in worker.broker.next_times(["long too"]), SECONDS)
    assert worker.ran("long too") == []


def test_what_is_worth_nothing_any_more_is_not_done_and_what_is_unknown_harms_nobody(start: Start, broker: str) -> None:
    with closing(RedisBroker(broker)) as sender:
        sender.send("quick", Queue.VERIFY, expires=timedelta(seconds=-1))
        sender.send("unheard of", Queue.VERIFY)
        sender.send("other", Queue.VERIFY)
    worker = start()
    worker.await_ran("other")
    assert worker.ran("quick") == []


def test_a_worker_has_one_hand_until_work_waits_for_another_and_one_again_when_nothing_does(start: Start) -> None:
    worker = start()
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick")
    (first,) = children(worker.process.pid)
    worker.broker.send("long", Queue.COLLECT)
    worker.await_ran("endless")
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick", 2)
    assert set(worker.ran("endless")) == {first}
    assert worker.ran("quick")[1] != first


def test_hands_that_nothing_needs_end(start: Start) -> None:
    worker = start()
    for name in ("lasting", "lasting too"):
        worker.broker.send(name, Queue.VERIFY)
    wait_until(lambda: len(children(worker.process.pid)) == 2, SECONDS)
    worker.await_ran("lasting too")
    wait_until(lambda: len(children(worker.process.pid)) == 1, SECONDS)
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick")
    assert worker.process.poll() is None


@pytest.mark.full
def test_sigterm_ends_the_running_slice_and_then_the_worker_cleanly(start: Start) -> None:
    worker = start()
    worker.broker.send("endless", Queue.VERIFY)
    worker.await_ran("endless")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(30) == 0


def test_children_end_with_a_worker_that_is_killed(start: Start) -> None:
    worker = start()
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick")
    hands = children(worker.process.pid)
    worker.process.kill()
    wait_until(lambda: not any(is_alive(hand) for hand in hands))
    assert hands


def test_a_worker_finds_a_redis_again_that_was_killed_and_lost_all(start: Start, own_redis: RedisServer) -> None:
    worker = start(location=own_redis.location)
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick")
    own_redis.kill()
    own_redis.start()
    worker.broker.send("quick", Queue.VERIFY)
    worker.await_ran("quick", 2)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
