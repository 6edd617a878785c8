"""Streams of hints over seams in memory: what a reader is told, how little it costs, and when it ends."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import Unauthenticated, Unavailable
from metadata import EventHint, EventStatus, LongPoll
from sync import events_stream, watcher
from sync.events_stream import Seen, Stream, hint_document
from sync.watcher import Watcher
from tests.sync.records import NOW

CREDENTIAL = "a token"


def person() -> Identity:
    return Identity(user=new_id(), scopes=frozenset({"files"}))


@dataclass
class World:
    """What the catalogue's seams would say."""

    sequences: dict[UUID, int] = field(default_factory=dict)
    hints: list[EventHint] = field(default_factory=list)
    asked: list[set[UUID]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    is_untold: bool = False
    seen: dict[UUID, Seen] = field(default_factory=dict)
    who: dict[str, Identity] = field(default_factory=dict)

    def of(self, journals: Collection[UUID]) -> Mapping[UUID, int]:
        return {journal: self.sequences[journal] for journal in journals if journal in self.sequences}

    def changed(self, owners: Collection[UUID], since: datetime, limit: int) -> Sequence[EventHint]:
        self.asked.append(set(owners))
        return [hint for hint in self.hints if hint.owner in set(owners) and hint.at > since][:limit]

    def verify(self, credential: str) -> Identity:
        if self.is_untold:
            raise Unavailable
        if credential in self.refused:
            raise Unauthenticated
        return self.who[credential]

    def hint(self, owner: UUID, bucket: UUID, **changes: Any) -> EventHint:
        known = {
            "event_id": new_id(),
            "file_id": None,
            "status": EventStatus.COMPLETED,
            "error": None,
            "healed_at": None,
            "at": NOW,
        }
        hint = EventHint(owner=owner, bucket_id=bucket, **(known | changes))
        self.hints.append(hint)
        return hint


@dataclass
class House:
    world: World
    long_poll: LongPoll
    watcher: Watcher

    def sees(self, caller: Identity, root: int, buckets: Mapping[UUID, int], owners: Iterable[UUID] = ()) -> None:
        assert caller.user is not None
        self.world.seen[caller.user] = Seen(root, buckets, frozenset({caller.user, *owners}))

    def stream(self, caller: Identity) -> Stream:
        user = caller.user
        assert user is not None
        return Stream(caller, self.world.seen[user], self.long_poll, lambda: self.world.seen[user])

    @asynccontextmanager
    async def reading(self, caller: Identity, seconds: float | None = None) -> AsyncIterator["Reader"]:
        self.world.who[CREDENTIAL] = caller
        stream = self.stream(caller)
        with stream.following(), self.watcher.reading(stream, CREDENTIAL, self.world):
            yield Reader(stream, aiter(stream.messages(seconds)))


@dataclass
class Reader:
    stream: Stream
    messages: AsyncIterator[bytes]
    told: list[bytes] = field(default_factory=list)

    async def next(self) -> Any:
        """The next message; comments are passed over."""
        while True:
            while not self.told:
                async with asyncio.timeout(20):
                    self.told = (await anext(self.messages)).split(b"\n\n")[:-1]
            message = self.told.pop(0)
            if message != b":":
                return json.loads(message.removeprefix(b"retry: 2000\n").removeprefix(b"data: "))

    async def rest(self) -> list[bytes]:
        async with asyncio.timeout(20):
            return [message async for message in self.messages]


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    world, long_poll = World(), LongPoll(interval_seconds=0.01)
    watcher = Watcher(world.changed, lambda: NOW, interval_seconds=0.01)
    async with long_poll.running(world.of), watcher.running():
        yield House(world, long_poll, watcher)


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 — what is waited for is a fake's record.
            await asyncio.sleep(0.001)


async def turns() -> None:
    """Whoever would do something at once has done it."""
    for _ in range(100):
        await asyncio.sleep(0)


def test_the_first_message_lists_all_sequences_and_growth_is_told_as_it_comes() -> None:
    async def scenario() -> None:
        async with house() as home:
            me, bucket = person(), new_id()
            assert me.user
            home.sees(me, 4, {bucket: 7})
            async with home.reading(me) as reader:
                assert await reader.next() == {
                    "root_sequence": 4,
                    "buckets": [{"bucket_id": str(bucket), "sequence": 7}],
                }
                home.world.sequences = {bucket: 9, me.user: 4}
                assert await reader.next() == {"bucket_id": str(bucket), "sequence": 9}

    asyncio.run(scenario())


def test_what_grew_between_the_listing_and_the_reading_is_not_missed() -> None:
    async def scenario() -> None:
        async with house() as home:
            me, bucket = person(), new_id()
            home.sees(me, 0, {bucket: 7})
            home.world.sequences = {bucket: 8}
            async with home.reading(me) as reader:
                await reader.next()
                assert await reader.next() == {"bucket_id": str(bucket), "sequence": 8}

    asyncio.run(scenario())


def test_a_bucket_that_is_shared_later_appears_and_one_that_is_taken_away_is_told_of_no_more() -> None:
    async def scenario() -> None:
        async with house() as home:
            me, mine, shared = person(), new_id(), new_id()
            assert me.user
            home.sees(me, 1, {mine: 1})
            async with home.reading(me) as reader:
                await reader.next()
                home.sees(me, 2, {mine: 1, shared: 30})
                home.world.sequences = {me.user: 2}
                assert await reader.next() == {"root_sequence": 2}
                assert await reader.next() == {"bucket_id": str(shared), "sequence": 30}
                home.sees(me, 3, {mine: 1})
                home.world.sequences = {me.user: 3}
                assert await reader.next() == {"root_sequence": 3}
                home.world.sequences = {shared: 31, mine: 2}
                assert await reader.next() == {"bucket_id": str(mine), "sequence": 2}

    asyncio.run(scenario())


def test_events_of_what_the_caller_sees_are_told_once_and_no_others() -> None:
    async def scenario() -> None:
        async with house() as home:
            me, somebody, mine, shared = person(), new_id(), new_id(), new_id()
            assert me.user
            home.sees(me, 0, {mine: 0, shared: 0}, owners=[somebody])
            async with home.reading(me) as reader:
                await reader.next()
                home.world.hint(somebody, new_id())
                told = [home.world.hint(somebody, shared), home.world.hint(me.user, mine)]
                assert [(await reader.next())["event_id"] for _ in told] == [str(hint.event_id) for hint in told]
                asked = len(home.world.asked)
                await until(lambda: len(home.world.asked) > asked + 3)
                last = home.world.hint(me.user, mine, at=NOW + timedelta(milliseconds=1))
                assert (await reader.next())["event_id"] == str(last.event_id)

    asyncio.run(scenario())


def test_nothing_is_asked_while_nobody_reads_and_once_for_all_who_do() -> None:
    async def scenario() -> None:
        async with house() as home:
            people = [person() for _ in range(50)]
            await turns()
            assert home.world.asked == []
            for one in people:
                home.sees(one, 0, {})
            streams = [home.stream(one) for one in people]
            home.world.who = {str(number): one for number, one in enumerate(people)}
            readings = [home.watcher.reading(stream, str(n), home.world) for n, stream in enumerate(streams)]
            for reading in readings:
                reading.__enter__()
            everybody = {one.user for one in people}
            await until(lambda: home.world.asked[-1:] == [everybody])
            for reading in readings:
                reading.__exit__(None, None, None)
            asked = len(home.world.asked)
            await turns()
            assert len(home.world.asked) <= asked + 1

    asyncio.run(scenario())


def test_a_slow_reader_is_told_to_look_again_and_what_is_kept_for_it_stays_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events_stream, "MAX_HINTS", 5)

    async def scenario() -> None:
        async with house() as home:
            me, bucket = person(), new_id()
            assert me.user
            home.sees(me, 0, {bucket: 0})
            stream = home.stream(me)
            reader = Reader(stream, aiter(stream.messages()))
            await reader.next()
            same = home.world.hint(me.user, bucket)
            for _ in range(100):
                stream.tell(same)
            assert (await reader.next())["event_id"] == str(same.event_id)
            for _ in range(100):
                stream.tell(home.world.hint(me.user, bucket))
            assert await reader.next() == {"look_again": True}
            stream.end()
            assert len(await reader.rest()) <= 5

    asyncio.run(scenario())


def test_more_changes_than_one_question_answers_are_told_as_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LIMIT", 10)

    async def scenario() -> None:
        async with house() as home:
            me, bucket = person(), new_id()
            assert me.user
            home.sees(me, 0, {bucket: 0})
            for _ in range(10):
                home.world.hint(me.user, bucket)
            async with home.reading(me) as reader:
                await reader.next()
                assert await reader.next() == {"look_again": True}

    asyncio.run(scenario())


def test_all_streams_end_when_the_process_does_and_none_begins() -> None:
    async def scenario() -> None:
        async with house() as home:
            me = person()
            home.sees(me, 0, {new_id(): 1})
            async with home.reading(me) as reader:
                await reader.next()
                home.long_poll.end_waits()
                assert await reader.rest() == []
            async with home.reading(me) as late:
                assert len(await late.rest()) == 1

    asyncio.run(scenario())


def test_a_stream_ends_by_itself_when_it_was_asked_to() -> None:
    async def scenario() -> None:
        async with house() as home:
            me = person()
            home.sees(me, 0, {})
            async with home.reading(me, seconds=0) as reader:
                assert len(await reader.rest()) == 1

    asyncio.run(scenario())


def test_where_nothing_happens_a_comment_keeps_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_stream, "COMMENT_SECONDS", 0.01)

    async def scenario() -> None:
        async with house() as home:
            me = person()
            home.sees(me, 0, {})
            async with home.reading(me) as reader:
                await reader.next()
                assert await anext(reader.messages) == b":\n\n"
                assert await anext(reader.messages) == b":\n\n"

    asyncio.run(scenario())


def test_who_is_shut_out_hears_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "CREDENTIAL_SECONDS", 0.01)

    async def scenario() -> None:
        async with house() as home:
            me = person()
            home.sees(me, 0, {})
            async with home.reading(me) as reader:
                await reader.next()
                home.world.refused.add(CREDENTIAL)
                assert await reader.rest() == []

    asyncio.run(scenario())


def test_while_nobody_can_tell_who_somebody_is_a_reader_is_believed_for_a_while_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watcher, "CREDENTIAL_SECONDS", 0.01)

    async def scenario() -> None:
        async with house() as home:
            me, bucket = person(), new_id()
            home.sees(me, 0, {bucket: 0})
            async with home.reading(me) as reader:
                await reader.next()
                home.world.is_untold = True
                asked = len(home.world.asked)
                await until(lambda: len(home.world.asked) > asked + 5)
                home.world.sequences = {bucket: 1}
                assert (await reader.next())["sequence"] == 1
                monkeypatch.setattr(watcher, "UNTOLD_SECONDS", 0.0)
                assert await reader.rest() == []

    asyncio.run(scenario())


def test_ten_thousand_idle_readers_hold_no_thread_and_are_all_woken() -> None:
    async def scenario() -> None:
        async with house() as home:
            threads = threading.active_count()
            people, bucket = [person() for _ in range(10_000)], new_id()
            for one in people:
                home.sees(one, 0, {bucket: 0})
            streams = [home.stream(one) for one in people]
            readers = [Reader(stream, aiter(stream.messages())) for stream in streams]
            followings = [stream.following() for stream in streams]
            for following in followings:
                following.__enter__()
            for reader in readers:
                await anext(reader.messages)
            waiting = [asyncio.create_task(anext(reader.messages)) for reader in readers]  # type: ignore[arg-type]
            await asyncio.sleep(0)
            assert threading.active_count() < threads + 20  # of the pool that looks for all
            home.world.sequences = {bucket: 1}
            told = await asyncio.gather(*waiting)
            assert set(told) == {f'data: {{"bucket_id":"{bucket}","sequence":1}}\n\n'.encode()}
            for following in followings:
                following.__exit__(None, None, None)

    asyncio.run(scenario())


def test_a_hint_says_when_a_file_was_damaged_or_has_just_been_healed() -> None:
    world, me, bucket = World(), new_id(), new_id()
    damaged = world.hint(me, bucket, status=EventStatus.FAILED, error="parts-damaged")
    other = world.hint(me, bucket, status=EventStatus.FAILED, error="worker-lost")
    healed = world.hint(me, bucket, healed_at=NOW)
    once = world.hint(me, bucket, healed_at=NOW - timedelta(days=1))
    kinds = [hint_document(hint).get("kind") for hint in (damaged, other, healed, once)]
    assert kinds == ["file.damaged", None, "file.healed", None]
