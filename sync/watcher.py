"""One watcher a process for all who read hints: it asks for changed events once a second, and looks whether the readers still may."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from anyio.to_thread import run_sync

from foundation.authorization import Action, Verdict, authorize
from foundation.identity import Identity, TokenVerifier
from foundation.problems import Problem, Unauthenticated
from metadata import EventHint
from sync.events_stream import Stream

log = logging.getLogger("cairn.sync")

INTERVAL_SECONDS = 1.0
CREDENTIAL_SECONDS = 5.0
# How long a reader is believed while nobody can tell whether its credential still holds.
UNTOLD_SECONDS = 25.0
# A transaction that ends late has written an earlier time.
OVERLAP = timedelta(seconds=3)
LIMIT = 1000

Hints = Callable[[Collection[UUID], datetime, int], Sequence[EventHint]]


@dataclass(eq=False)
class _Reader:
    stream: Stream
    credential: str
    verifier: TokenVerifier
    believed_at: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class _DatabaseTime:
    """The database's clock, read once and carried on by our own."""

    then: datetime
    since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.then + timedelta(seconds=time.monotonic() - self.since)


class Watcher:
    """Who reads, and what they are told. On the event loop only."""

    def __init__(self, hints: Hints, clock: Callable[[], datetime], interval_seconds: float = INTERVAL_SECONDS) -> None:
        """`hints`: SyncRecords.hints. `clock`: the database's."""
        self._hints, self._clock, self._interval = hints, clock, interval_seconds
        self._readers: set[_Reader] = set()
        self._time: _DatabaseTime | None = None
        self._looked_at: datetime | None = None
        self._told: dict[UUID, datetime] = {}
        self._came = asyncio.Event()

    @contextmanager
    def reading(self, stream: Stream, credential: str, verifier: TokenVerifier) -> Iterator[None]:
        """`stream` is told of events, and ended when `credential` holds no more, while this is open."""
        reader = _Reader(stream, credential, verifier)
        self._readers.add(reader)
        self._came.set()
        try:
            yield
        finally:
            self._readers.discard(reader)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._came = asyncio.Event()
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._doubt())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _watch(self) -> None:
        while True:
            await self._somebody()
            try:
                await self._look()
            except Exception:
                # Whoever reads what the hints are about gets the error itself.
                log.warning("cannot look for changed events", exc_info=True)
            await asyncio.sleep(self._interval)

    async def _doubt(self) -> None:
        while True:
            await self._somebody()
            await asyncio.sleep(CREDENTIAL_SECONDS)
            readers = list(self._readers)
            for reader in await run_sync(_refused, readers):
                reader.stream.end()

    async def _somebody(self) -> None:
        """Nothing is asked while nobody reads."""
        if not self._readers:
            self._looked_at, self._time = None, None
            self._came.clear()
            await self._came.wait()

    async def _look(self) -> None:
        if self._time is None or self._looked_at is None:
            self._time = _DatabaseTime(await run_sync(self._clock))
            self._looked_at = self._time.then
        by_owner: dict[UUID, list[Stream]] = defaultdict(list)
        for reader in self._readers:
            for owner in reader.stream.owners:
                by_owner[owner].append(reader.stream)
        since, self._looked_at = self._looked_at - OVERLAP, self._time.now()
        found = await run_sync(self._hints, list(by_owner), since, LIMIT)
        if len(found) >= LIMIT:
            for reader in self._readers:
                reader.stream.lose()
            return
        for hint in self._fresh(found):
            for stream in by_owner[hint.owner]:
                stream.tell(hint)

    def _fresh(self, found: Sequence[EventHint]) -> list[EventHint]:
        """Without what was told in the overlap before."""
        fresh = [hint for hint in found if self._told.get(hint.event_id) != hint.at]
        self._told = {hint.event_id: hint.at for hint in found}
        return fresh


def _refused(readers: Sequence[_Reader]) -> list[_Reader]:
    """Those who may not read any more; each credential is asked about once."""
    verdicts: dict[str, bool | None] = {}
    for reader in readers:
        if reader.credential not in verdicts:
            verdicts[reader.credential] = _may(reader)
    now = time.monotonic()
    for reader in readers:
        if verdicts[reader.credential]:
            reader.believed_at = now
    return [one for one in readers if not verdicts[one.credential] and _is_doubted(one, verdicts[one.credential], now)]


def _is_doubted(reader: _Reader, verdict: bool | None, now: float) -> bool:
    return verdict is False or now - reader.believed_at > UNTOLD_SECONDS


def _may(reader: _Reader) -> bool | None:
    """None: that cannot be told now."""
    try:
        found: Identity = reader.verifier.verify(reader.credential)
    except Unauthenticated:
        return False
    except Problem:
        return None
    return found.user == reader.stream.user and authorize(found, Action.LIST_BUCKETS) is Verdict.ALLOWED
