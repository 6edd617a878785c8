"""Server-sent hints that something changed (WHATWG HTML, 9.2): what a reader then asks for is the truth, so a hint may be lost or late."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from anyio.to_thread import run_sync

from foundation.http_wire import dumps
from foundation.identity import Identity
from foundation.problems import Forbidden, Problem, Unauthenticated
from metadata import Buckets, EventHint, EventStatus, Journals, LongPoll, NoticeKind
from sync.waiting import DAMAGE

log = logging.getLogger("cairn.sync")

COMMENT_SECONDS = 15.0
REST_SECONDS = 1.0  # after what was told; what happens meanwhile is told together
MAX_HINTS = 1000
_PAGE = 1000
_RETRY = b"retry: 2000\n"  # so many milliseconds after an end the reader comes again
_COMMENT = b":\n\n"
_LOOK_AGAIN = {"look_again": True}
# An event is read anew once its parts are healed, and ends when its turn has come. Verified again so soon, it is told of twice.
_JUST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller sees: the sequence of their root journal, that of each bucket, and who owns these."""

    root: int
    buckets: Mapping[UUID, int]
    owners: frozenset[UUID]


def seen_by(caller: Identity, buckets: Buckets, journals: Journals) -> Seen:
    """Raises Forbidden, for a service too. The root journal first: what comes later is told by its growth."""
    if caller.user is None:
        raise Forbidden("This is for people, and a service is none.")
    root = journals.sequences([caller.user]).get(caller.user, 0)
    sequences: dict[UUID, int] = {}
    owners, after = {caller.user}, None
    while True:
        page = buckets.list(caller, after, _PAGE)
        sequences |= {bucket.id: bucket.sequence for bucket in page.items}
        owners |= {bucket.owner for bucket in page.items}
        after = page.next_key
        if after is None:
            return Seen(root, sequences, frozenset(owners))


class Stream:
    """One reader: what it has not been told yet, which stays small however slowly it reads. On the event loop only."""

    def __init__(self, caller: Identity, seen: Seen, long_poll: LongPoll, look: Callable[[], Seen]) -> None:
        """`look`: what the caller sees now, asked in a thread."""
        self._caller, self._seen, self._long_poll, self._look = caller, seen, long_poll, look
        self._leave: dict[UUID, Callable[[], None]] = {}
        self._root: int | None = None
        self._journals: dict[UUID, int] = {}
        self._events: dict[UUID, dict[str, Any]] = {}
        self._has_lost = self._is_over = False
        self._woken, self._ended = asyncio.Event(), asyncio.Event()
        self.on_end: Callable[[], None] = _nothing

    @property
    def user(self) -> UUID | None:
        return self._caller.user

    @property
    def owners(self) -> frozenset[UUID]:
        """Whose events may concern it."""
        return self._seen.owners

    @contextmanager
    def following(self) -> Iterator[None]:
        """It is told of its journals while this is open."""
        try:
            self._follow()
            yield
        finally:
            for leave in self._leave.values():
                leave()
            self._leave.clear()

    def end(self) -> None:
        """What was told is still sent, then the reader is let go."""
        self._is_over = True
        self._woken.set()
        self._ended.set()
        self.on_end()

    def tell(self, hint: EventHint) -> None:
        """Of an event, if the caller sees it. Only the newest of each is kept; beyond MAX_HINTS none, but that there were some."""
        if hint.bucket_id not in self._seen.buckets and hint.owner != self.user:
            return
        if len(self._events) >= MAX_HINTS and hint.event_id not in self._events:
            self.lose()
            return
        self._events[hint.event_id] = hint_document(hint)
        self._woken.set()

    def lose(self) -> None:
        """There were more than can be told: look again at everything."""
        self._events.clear()
        self._has_lost = True
        self._woken.set()

    async def messages(self, seconds: float | None = None) -> AsyncIterator[bytes]:
        """The first lists all sequences; a comment where nothing happens. Ends by itself after `seconds`."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + (seconds if seconds is not None else float("inf"))
        known = [{"bucket_id": id, "sequence": sequence} for id, sequence in self._seen.buckets.items()]
        yield _RETRY + _message({"root_sequence": self._seen.root, "buckets": known})
        while not self._is_over and loop.time() < ends_at:
            if not await self._wait(min(COMMENT_SECONDS, ends_at - loop.time())):
                yield _COMMENT
                continue
            if news := await self._news():
                yield b"".join(map(_message, news))
            # A server that is busy with a thousand readers' hints serves nobody.
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(REST_SECONDS, ends_at - loop.time()))):
                    await self._ended.wait()

    async def _wait(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        return self._woken.is_set()

    async def _news(self) -> list[Any]:
        """What happened since the last call."""
        self._woken.clear()
        root, self._root = self._root, None
        news: list[Any] = []
        if root is not None:
            news += [{"root_sequence": root}, *await self._look_again()]
        journals, self._journals = self._journals, {}
        events, self._events = self._events, {}
        has_lost, self._has_lost = self._has_lost, False
        news += [{"bucket_id": id, "sequence": sequence} for id, sequence in journals.items()]
        news += [_LOOK_AGAIN] if has_lost else []
        return news + list(events.values())

    async def _look_again(self) -> list[Any]:
        """Buckets came or went: those that are new, with their sequences."""
        before = self._seen.buckets
        try:
            self._seen = await run_sync(self._look)
        except Problem as problem:
            # The reader comes again, and gets the answer that fits.
            log.warning("a stream ends", extra={"problem": problem.slug})
            self.end()
            return []
        self._follow()
        now = self._seen.buckets
        return [{"bucket_id": id, "sequence": sequence} for id, sequence in now.items() if id not in before]

    def _follow(self) -> None:
        """Exactly the journals of what is seen."""
        if self.user is None:
            raise Unauthenticated
        for gone in self._leave.keys() - self._seen.buckets.keys() - {self.user}:
            self._leave.pop(gone)()
            self._journals.pop(gone, None)
        for journal, sequence in {self.user: self._seen.root, **self._seen.buckets}.items():
            if journal not in self._leave:
                self._leave[journal] = self._long_poll.follow(journal, sequence, self._teller(journal))

    def _teller(self, journal: UUID) -> Callable[[int | None], None]:
        def told(sequence: int | None) -> None:
            if sequence is None:
                self.end()
            elif journal == self.user:
                self._root = sequence
            else:
                self._journals[journal] = sequence
            self._woken.set()

        return told


def _nothing() -> None:
    pass


def hint_document(hint: EventHint) -> dict[str, Any]:
    document: dict[str, Any] = {
        "event_id": hint.event_id,
        "status": hint.status,
        "bucket_id": hint.bucket_id,
        "file_id": hint.file_id,
    }
    return document | ({"kind": kind} if (kind := _kind(hint)) else {})


def _kind(hint: EventHint) -> NoticeKind | None:
    if hint.status is EventStatus.FAILED and hint.error in DAMAGE:
        return NoticeKind.FILE_DAMAGED
    is_healed = hint.status is EventStatus.COMPLETED and hint.healed_at is not None and hint.at - hint.healed_at < _JUST
    return NoticeKind.FILE_HEALED if is_healed else None


def _message(document: Any) -> bytes:
    return b"data: " + dumps(document) + b"\n\n"
