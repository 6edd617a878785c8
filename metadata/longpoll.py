"""Waiting for journals to grow: one poller a process, and waiters that hold neither a thread nor a connection (DESIGN.md 7)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from anyio.to_thread import run_sync

log = logging.getLogger("cairn.catalogue")

INTERVAL_SECONDS = 1.0
Sequences = Callable[[Collection[UUID]], Mapping[UUID, int]]


@dataclass(eq=False)
class Watch:
    """One waiter for one journal to pass a sequence."""

    after: int
    _grown: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def wait(self, timeout_seconds: float) -> None:
        """Until the journal has passed `after`, the time is over, or the process ends."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._grown), timeout_seconds)

    def wake(self, _sequence: int | None = None) -> None:
        if not self._grown.done():
            self._grown.set_result(None)


@dataclass(eq=False)
class Follower:
    """One who is told of all that a journal grows, as long as it follows."""

    after: int
    told: Callable[[int | None], None]

    def wake(self, sequence: int | None = None) -> None:
        self.after = self.after if sequence is None else sequence
        self.told(sequence)


class LongPoll:
    """Asks for the sequences of all journals that are waited for, in one call each interval and when somebody notifies."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval = interval_seconds
        self._watches: dict[UUID, set[Watch | Follower]] = {}
        self._notified: set[UUID] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell: asyncio.Event | None = None
        self._is_over = False

    @contextmanager
    def watch(self, journal: UUID, after: int) -> Iterator[Watch]:
        """Watch from now on: what grows between this call and `wait` is not missed. On the event loop only."""
        watch = Watch(after)
        leave = self._joined(journal, watch)
        try:
            yield watch
        finally:
            leave()

    def follow(self, journal: UUID, after: int, told: Callable[[int | None], None]) -> Callable[[], None]:
        """`told` gets the journal's sequence whenever it has grown beyond `after` and what was told last, None once the process ends.

        Until the call of what is returned. On the event loop only.
        """
        return self._joined(journal, Follower(after, told))

    def _joined(self, journal: UUID, watch: Watch | Follower) -> Callable[[], None]:
        if self._is_over:
            watch.wake()
        watches = self._watches.setdefault(journal, set())
        watches.add(watch)

        def leave() -> None:
            watches.discard(watch)
            if not watches and self._watches.get(journal) is watches:
                del self._watches[journal]

        return leave

    def notify(self, journals: Iterable[UUID]) -> None:
        """These journals grew: look now. From any thread; a hint only, so it never fails."""
        loop, journals = self._loop, list(journals)
        if loop is not None and journals:
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(self._ring, journals)

    def end_waits(self) -> None:
        """All waits end, and none begins: the process is about to end. From any thread."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._end)

    @asynccontextmanager
    async def running(self, sequences: Sequences) -> AsyncIterator[None]:
        """Poll `sequences` (Journals.sequences) while this is open."""
        self._loop, self._bell, self._is_over = asyncio.get_running_loop(), asyncio.Event(), False
        poller = asyncio.create_task(self._poll(sequences, self._bell))
        try:
            yield
        finally:
            self._end()
            self._loop = None
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller

    def _ring(self, journals: Iterable[UUID]) -> None:
        awaited = self._watches.keys() & journals
        if awaited and self._bell is not None:
            self._notified |= awaited
            self._bell.set()

    def _end(self) -> None:
        self._is_over = True
        for watches in list(self._watches.values()):
            for watch in list(watches):
                watch.wake()

    async def _poll(self, sequences: Sequences, bell: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), self._interval)
            bell.clear()
            notified, self._notified = self._notified, set()
            await self._look(sequences, notified or self._watches.keys())

    async def _look(self, sequences: Sequences, journals: Collection[UUID]) -> None:
        if not journals:
            return
        try:
            newest = await run_sync(sequences, list(journals))
        except Exception:
            # Waiting goes on; whoever's time is over reads, and gets the error itself.
            log.warning("cannot look for changes", exc_info=True)
            return
        for journal, sequence in newest.items():
            for watch in list(self._watches.get(journal, ())):
                if sequence > watch.after:
                    watch.wake(sequence)
