"""The beat: what is due is rung for, once, however many beats there are and however often they are restarted."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from sync import Beat, Queue, RedisBroker, Task
from sync.errors import BrokerUnavailable
from tests.servers.cairn_server import wait_until
from tests.servers.redis_server import RedisServer
from tests.sync.test_loop import Clock

DAY = 24 * 3600.0
TASKS = [Task(Queue.VERIFY, "often", 5), Task(Queue.COLLECT, "seldom", 7 * DAY)]


@pytest.fixture
def sender(broker: str) -> Iterator[RedisBroker]:
    with closing(RedisBroker(broker)) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = 1_000_000.0
    return clock


def taken(location: str) -> list[str]:
    """What was rung for since the last call; a worker has taken it."""
    with redis.Redis.from_url(location) as client:
        found = [json.loads(message) for queue in Queue for message in client.lrange(queue, 0, -1)]
        client.delete(*Queue)
    return [message["headers"]["task"] for message in found]


def test_each_chore_is_rung_for_at_its_interval(broker: str, sender: RedisBroker, clock: Clock) -> None:
    beat = Beat(sender, TASKS, clock)
    beat.look()
    assert taken(broker) == []
    clock.now += 5
    beat.look()
    beat.look()
    assert taken(broker) == ["cairn.often"]
    clock.now += 5
    beat.look()
    assert taken(broker) == ["cairn.often"]


def test_two_beats_ring_as_one(broker: str, sender: RedisBroker, clock: Clock) -> None:
    beats = [Beat(sender, TASKS, clock), Beat(sender, TASKS, clock)]
    for _ in range(3):
        for beat in beats:
            beat.look()
        clock.now += 5
    for beat in beats:
        beat.look()
    assert taken(broker) == ["cairn.often"]  # The one that waits is enough.


def test_a_long_interval_outlives_restarts_of_the_beat(broker: str, sender: RedisBroker, clock: Clock) -> None:
    rung = 0
    for _hour in range(24 * 15):
        Beat(sender, TASKS, clock).look()
        clock.now += 3600
        rung += taken(broker).count("cairn.seldom")
    assert rung == 3  # After an hour, a week, and a week more.


def test_a_redis_that_lost_all_does_not_make_the_long_ones_run_at_once(
    broker: str, sender: RedisBroker, clock: Clock
) -> None:
    beat = Beat(sender, TASKS, clock)
    beat.look()
    with redis.Redis.from_url(broker) as client:
        client.flushdb()
    clock.now += 1800
    beat.look()
    assert taken(broker) == []
    clock.now += 5
    beat.look()
    assert taken(broker) == ["cairn.often"]


def test_a_clock_that_was_a_year_ahead_stops_nothing_for_a_year(broker: str, sender: RedisBroker, clock: Clock) -> None:
    clock.now += 365 * DAY
    Beat(sender, TASKS, clock).look()
    clock.now -= 365 * DAY
    beat = Beat(sender, TASKS, clock)
    beat.look()
    clock.now += 5
    beat.look()
    assert taken(broker) == ["cairn.often"]


def test_what_is_rung_for_is_worth_something_for_one_interval(broker: str, sender: RedisBroker, clock: Clock) -> None:
    beat = Beat(sender, TASKS, clock)
    beat.look()
    clock.now += 5
    beat.look()
    with redis.Redis.from_url(broker) as client:
        (message,) = client.lrange("verify", 0, -1)
    assert json.loads(message)["headers"]["expires"]


def test_a_beat_outlives_its_redis(own_redis: RedisServer) -> None:
    with closing(RedisBroker(own_redis.location)) as sender:
        beat = Beat(sender, [Task(Queue.VERIFY, "often", 0.5)])
        beat.start()
        wait_until(lambda: "cairn.often" in taken(own_redis.location))
        own_redis.kill()
        with pytest.raises(BrokerUnavailable):
            beat.look()
        own_redis.start()
        wait_until(lambda: "cairn.often" in taken(own_redis.location))
        beat.stop()
