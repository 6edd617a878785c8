"""Waiting for journals: woken by what grows, cheap in thousands, ended at once."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from foundation.ids import new_id
from foundation.problems import Unavailable
from metadata.longpoll import LongPoll

LONG = 60.0


class Sequences:
    """A catalogue's sequences in memory, with a record of what was asked."""

    def __init__(self) -> None:
        self.newest: dict[UUID, int] = {}
        self.asked: list[set[UUID]] = []
        self.is_down = False

    def __call__(self, journals: Collection[UUID]) -> Mapping[UUID, int]:
        self.asked.append(set(journals))
        if self.is_down:
            raise Unavailable
        return {journal: self.newest[journal] for journal in journals if journal in self.newest}


async def waited(long_poll: LongPoll, journal: UUID, after: int, seconds: float = LONG) -> float:
    started = time.monotonic()
    with long_poll.watch(journal, after) as watch:
        await watch.wait(seconds)
    return time.monotonic() - started


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 — what is waited for is a fake's record.
        await asyncio.sleep(0)


def test_a_waiter_wakes_when_the_poller_sees_the_journal_grow() -> None:
    async def scenario() -> None:
        sequences, long_poll, journal = Sequences(), LongPoll(interval_seconds=0.01), new_id()
        sequences.newest[journal] = 4
        async with long_poll.running(sequences):
            waiter = asyncio.create_task(waited(long_poll, journal, 4))
            await until(lambda: len(sequences.asked) > 2)
            assert not waiter.done()
            sequences.newest[journal] = 5
            assert await waiter < LONG

    asyncio.run(scenario())


def test_a_commit_in_this_process_wakes_at_once_and_asks_for_its_journal_only() -> None:
    async def scenario() -> None:
        sequences, long_poll = Sequences(), LongPoll(interval_seconds=LONG)
        mine, other = new_id(), new_id()
        async with long_poll.running(sequences):
            waiters = [asyncio.create_task(waited(long_poll, journal, 0)) for journal in (mine, other)]
            await asyncio.sleep(0)
            sequences.newest = {mine: 1, other: 1}
            committer = threading.Thread(target=long_poll.notify, args=([mine, new_id()],))
            committer.start()
            assert await waiters[0] < LONG
            committer.join()
            assert sequences.asked == [{mine}]
            assert not waiters[1].done()

    asyncio.run(scenario())


def test_a_wait_ends_with_its_time_and_its_journal_is_asked_for_no_more() -> None:
    async def scenario() -> None:
        sequences, long_poll = Sequences(), LongPoll(interval_seconds=0.01)
        short, long = new_id(), new_id()
        async with long_poll.running(sequences):
            other = asyncio.create_task(waited(long_poll, long, 0))
            assert await waited(long_poll, short, 0, seconds=0.02) < LONG
            await until(lambda: sequences.asked[-1:] == [{long}])
            other.cancel()

    asyncio.run(scenario())


def test_waits_end_at_once_when_the_process_ends_and_none_begins() -> None:
    async def scenario() -> None:
        long_poll = LongPoll(interval_seconds=LONG)
        async with long_poll.running(Sequences()):
            waiters = [asyncio.create_task(waited(long_poll, new_id(), 0)) for _ in range(5)]
            await asyncio.sleep(0)
            long_poll.end_waits()
            assert max(await asyncio.gather(*waiters)) < LONG
            assert await waited(long_poll, new_id(), 0) < LONG

    asyncio.run(scenario())


def test_ten_thousand_waiters_share_one_question_and_no_threads() -> None:
    async def scenario() -> None:
        sequences, long_poll = Sequences(), LongPoll(interval_seconds=LONG)
        journals = [new_id() for _ in range(10_000)]
        async with long_poll.running(sequences):
            waiters = [asyncio.create_task(waited(long_poll, journal, 0)) for journal in journals]
            await asyncio.sleep(0)
            sequences.newest = dict.fromkeys(journals, 1)
            long_poll.notify(journals)
            assert max(await asyncio.gather(*waiters)) < LONG
            assert sequences.asked == [set(journals)]
            assert threading.active_count() < 20

    asyncio.run(scenario())


def test_waiting_outlives_a_database_that_does_not_answer() -> None:
    async def scenario() -> None:
        sequences, long_poll, journal = Sequences(), LongPoll(interval_seconds=0.01), new_id()
        sequences.is_down = True
        async with long_poll.running(sequences):
            waiter = asyncio.create_task(waited(long_poll, journal, 0))
            await until(lambda: len(sequences.asked) > 2)
            sequences.newest[journal], sequences.is_down = 1, False
            assert await waiter < LONG

    asyncio.run(scenario())


def test_notifying_without_a_poller_is_harmless() -> None:
    long_poll = LongPoll()
    long_poll.notify([new_id()])
    long_poll.end_waits()


def test_a_follower_is_told_of_every_growth_and_of_the_end_until_it_leaves() -> None:
    async def scenario() -> None:
        sequences, long_poll, journal = Sequences(), LongPoll(interval_seconds=0.01), new_id()
        staying: list[int | None] = []
        leaving: list[int | None] = []
        async with long_poll.running(sequences):
            long_poll.follow(journal, 4, staying.append)
            leave = long_poll.follow(journal, 4, leaving.append)
            for newest in (4, 5, 7):
                sequences.newest[journal] = newest
                asked = len(sequences.asked)
                await until(lambda asked=asked: len(sequences.asked) > asked + 1)  # type: ignore[misc]
            leave()
            long_poll.end_waits()
            await until(lambda: staying[-1] is None)
            assert staying == [5, 7, None]
            assert leaving == [5, 7]

    asyncio.run(scenario())
