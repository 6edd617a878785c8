"""Messages to the workers in Redis: each says "look" to one chore, and none is sent where one of its kind waits already.

Written as Celery reads them (its message protocol, version 2, in Kombu's envelope for Redis): whoever only rings loads no Celery.
"""

import base64
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sync.chore import Queue
from sync.errors import BrokerUnavailable

# Of each call. Redis answers within milliseconds, or is not there.
TIMEOUT_SECONDS = 1.0
# A queue holds at most one message a chore, and a few more where several senders look at once.
_LOOKED_AT = 64
_BODY = base64.b64encode(b'[[], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]').decode()
_NEXT = "cairn.next."


def task_name(chore: str) -> str:
    return f"cairn.{chore}"


class RedisBroker:
    """One Redis. Thread-safe; keeps connections; no call takes much longer than TIMEOUT_SECONDS. Raises BrokerUnavailable."""

    def __init__(self, location: str) -> None:
        """Opens no connection yet."""
        # What it repeated by itself, it would repeat within our time.
        self._redis = redis.Redis.from_url(
            location,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def close(self) -> None:
        self._redis.close()

    def ready(self) -> None:
        with _naming():
            self._redis.ping()

    def send(self, chore: str, queue: Queue, expires: timedelta | None = None) -> bool:
        """Tell the workers to look; False: a message that says so waits already, or the queue is flooded with others.

        `expires`: so long it is worth anything.
        """
        with _naming():
            waiting = cast("Sequence[bytes]", self._redis.lrange(queue, 0, _LOOKED_AT))
            mark = json.dumps(task_name(chore)).encode()
            if len(waiting) > _LOOKED_AT or any(mark in message for message in waiting):
                return False
            self._redis.lpush(queue, _message(chore, queue, expires))
            return True

    def waiting(self) -> Mapping[Queue, int]:
        """How many messages wait in each queue."""
        with _naming(), self._redis.pipeline(transaction=False) as asked:
            for queue in Queue:
                asked.llen(queue)
            return dict(zip(Queue, asked.execute(), strict=True))

    def next_times(self, chores: Collection[str]) -> Mapping[str, float]:
        """When each was noted to be due next, in seconds since 1970; those never noted are left out."""
        names = list(chores)
        with _naming():
            found = self._redis.mget([_NEXT + name for name in names])
        return {name: float(value) for name, value in zip(names, found, strict=True) if value is not None}

    def note_next(self, times: Mapping[str, float]) -> None:
        with _naming():
            self._redis.mset({_NEXT + name: repr(time) for name, time in times.items()})


@contextmanager
def _naming() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise BrokerUnavailable("Redis does not answer, or refuses.") from error


def _message(chore: str, queue: Queue, expires: timedelta | None) -> bytes:
    id = str(uuid4())
    headers = {
        "lang": "py",
        "task": task_name(chore),
        "id": id,
        "root_id": id,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": (datetime.now(UTC) + expires).isoformat() if expires else None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "cairn",
        "ignore_result": True,
    }
    properties = {
        "correlation_id": id,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue.value},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    envelope = {
        "body": _BODY,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(envelope).encode()
