"""The doorbell that rings by Redis: it never holds anybody up, and Redis never fills."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import redis

from sync import Queue
from sync.errors import BrokerUnavailable
from sync.redis_broker import RedisBroker
from sync.redis_doorbell import RedisDoorbell
from tests.servers.cairn_server import wait_until
from tests.servers.ports import free_ports
from tests.servers.redis_server import RedisServer

QUEUES = {"verify": Queue.VERIFY, "tell": Queue.VERIFY, "collect": Queue.COLLECT}


@contextmanager
def doorbell_at(location: str) -> Iterator[RedisDoorbell]:
    with closing(RedisDoorbell(RedisBroker(location), QUEUES)) as doorbell:
        yield doorbell


def tasks(location: str, queue: Queue = Queue.VERIFY) -> list[str]:
    """What waits in `queue`, the newest first."""
    with redis.Redis.from_url(location) as client:
        return [json.loads(message)["headers"]["task"] for message in client.lrange(queue, 0, -1)]


def test_a_ring_becomes_a_message_in_the_queue_of_its_work(broker: str) -> None:
    with doorbell_at(broker) as doorbell:
        doorbell.ring("collect")
        wait_until(lambda: tasks(broker, Queue.COLLECT) == ["cairn.collect"])
    assert tasks(broker) == []


def test_a_flood_of_rings_without_workers_leaves_one_message_a_kind(broker: str) -> None:
    with doorbell_at(broker) as doorbell:
        for _ in range(10_000):
            doorbell.ring("verify")
        wait_until(lambda: tasks(broker) == ["cairn.verify"])
        for _ in range(3):
            doorbell.ring("verify")
            doorbell.ring("tell")
            wait_until(lambda: "cairn.tell" in tasks(broker))
        doorbell.ring("collect")
        wait_until(lambda: tasks(broker, Queue.COLLECT) == ["cairn.collect"])
    assert sorted(tasks(broker)) == ["cairn.tell", "cairn.verify"]


def test_a_queue_that_others_have_flooded_gets_no_more(broker: str) -> None:
    with redis.Redis.from_url(broker) as client, closing(RedisBroker(broker)) as sender:
        client.lpush("verify", *["{}"] * 100)
        assert not sender.send("verify", Queue.VERIFY)
        assert sender.waiting() == {Queue.VERIFY: 100, Queue.REPAIR: 0, Queue.COLLECT: 0, Queue.SCRUB: 0}


def test_work_that_no_queue_is_for_is_dropped_and_the_next_is_rung(broker: str) -> None:
    with doorbell_at(broker) as doorbell:
        doorbell.ring("unheard of")
        doorbell.ring("verify")
        wait_until(lambda: tasks(broker) == ["cairn.verify"])


def test_nobody_waits_for_a_redis_that_hangs_and_the_ring_arrives_when_it_goes_on(own_redis: RedisServer) -> None:
    with doorbell_at(own_redis.location) as doorbell:
        own_redis.freeze()
        for _ in range(200):
            doorbell.ring("verify")  # If one of them waited, or raised, the test would not come to its end.
        own_redis.thaw()
        wait_until(lambda: tasks(own_redis.location) == ["cairn.verify"])


def test_nobody_waits_for_a_redis_that_is_down_and_the_ring_arrives_when_it_is_back(own_redis: RedisServer) -> None:
    with doorbell_at(own_redis.location) as doorbell:
        own_redis.kill()
        for _ in range(200):
            doorbell.ring("verify")
        own_redis.start()
        wait_until(lambda: tasks(own_redis.location) == ["cairn.verify"])
        own_redis.flush()
        doorbell.ring("verify")
        wait_until(lambda: tasks(own_redis.location) == ["cairn.verify"])


@pytest.mark.parametrize("breaks", ["killed", "frozen"])
def test_a_broker_that_does_not_answer_is_told_within_its_time(own_redis: RedisServer, breaks: str) -> None:
    with closing(RedisBroker(own_redis.location)) as sender:
        sender.ready()
        own_redis.kill() if breaks == "killed" else own_redis.freeze()
        for ask in (sender.ready, sender.waiting, lambda: sender.send("verify", Queue.VERIFY)):
            with pytest.raises(BrokerUnavailable):
                ask()


def test_a_redis_that_takes_no_writes_is_told_and_harms_nobody(own_redis: RedisServer) -> None:
    with own_redis.client() as client, doorbell_at(own_redis.location) as doorbell:
        client.config_set("maxmemory", "1")
        doorbell.ring("verify")
        with closing(RedisBroker(own_redis.location)) as sender, pytest.raises(BrokerUnavailable):
            sender.send("verify", Queue.VERIFY)
        client.config_set("maxmemory", "0")
        wait_until(lambda: tasks(own_redis.location) == ["cairn.verify"])


def test_an_address_where_nobody_listens_is_told() -> None:
    (port,) = free_ports(1)
    with closing(RedisBroker(f"redis://127.0.0.1:{port}")) as sender, pytest.raises(BrokerUnavailable):
        sender.ready()


def test_what_is_noted_to_be_due_is_found_again(broker: str) -> None:
    with closing(RedisBroker(broker)) as noted:
        assert noted.next_times(["sweep", "erase"]) == {}
        now = time.time()
        noted.note_next({"sweep": now})
        assert noted.next_times(["sweep", "erase"]) == {"sweep": now}
