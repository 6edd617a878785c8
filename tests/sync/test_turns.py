"""A turn that ends while Redis hangs: nobody could be told to go on, so the chore goes on itself."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from sync import Board, Chore, Pause, Queue, RedisBroker, Turns
from tests.servers.redis_server import RedisServer


def turns_of(work: Callable[[Pause], None], redis: RedisServer, board: Board, kept_seconds: float = 60.0) -> Turns:
    """Turns that are over with each pause."""

    @contextmanager
    def opened(pause: Pause) -> Iterator[Sequence[Chore]]:
        def run() -> int:
            work(pause)
            return 1

        yield [Chore(Queue.VERIFY, "chore", 5, run)]

    return Turns(opened, redis.location, board, turn_seconds=0.0, kept_seconds=kept_seconds)


def waiting(redis: RedisServer) -> int:
    with closing(RedisBroker(redis.location)) as broker:
        return broker.waiting()[Queue.VERIFY]


def test_a_chore_keeps_its_turn_while_redis_takes_no_message_and_gives_it_away_then(own_redis: RedisServer) -> None:
    runs: list[float] = []

    def work(pause: Pause) -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            own_redis.freeze()
            pause()
        own_redis.thaw()
        while True:
            pause()

    with closing(turns_of(work, own_redis, Board.made(1))) as turns:
        turns.run("chore")
    assert len(runs) == 2
    assert waiting(own_redis) == 1


def test_a_worker_that_stops_waits_for_no_redis(own_redis: RedisServer) -> None:
    board = Board.made(1)
    runs: list[float] = []

    def work(pause: Pause) -> None:
        runs.append(time.monotonic())
        own_redis.kill()
        board.stop()
        pause()

    with closing(turns_of(work, own_redis, board)) as turns:
        turns.run("chore")
    assert len(runs) == 1


def test_a_turn_is_kept_for_a_bounded_time(own_redis: RedisServer) -> None:
    runs: list[float] = []

    def work(pause: Pause) -> None:
        runs.append(time.monotonic())
        own_redis.kill()
        pause()

    with closing(turns_of(work, own_redis, Board.made(1), kept_seconds=0.0)) as turns:
        turns.run("chore")
    assert len(runs) == 1
