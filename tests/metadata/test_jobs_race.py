"""Workers that die at random: each event is completed exactly once, and nothing waits for ever."""

import random
import threading
import time
from datetime import timedelta

from sqlalchemy import Engine, event, select

from foundation.database import Database
from metadata import Catalogue, CatalogueSettings, EventStatus, Job, Outcome, open_catalogue
from metadata.sync_schema import sync_events
from tests.metadata.catalogues import Desk, chunks
from tests.metadata.jobs import completed, counted, rows_of

SEED = 5
EVENTS, WORKERS = 120, 4
SECONDS = 60
# Short: who lost it speaks late all the time. No event has as many deaths as this allows attempts.
LEASE = timedelta(milliseconds=150)
SETTINGS = CatalogueSettings(event_attempts=10_000, event_backoff=timedelta(milliseconds=1))


class Killed(Exception):  # noqa: N818 — a death, no error.
    """The worker dies here: its transaction rolls back, and what it had claimed stays claimed."""


class Crew:
    """Workers of one catalogue. Each that dies is replaced by one of another name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.written = self.deaths = 0
        self.broken: list[Exception] = []
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._ends = time.monotonic() + SECONDS

    def run(self) -> None:
        threads = [threading.Thread(target=self._work, args=(n,)) for n in range(WORKERS)]
        event.listen(Engine, "before_cursor_execute", self._maybe_die)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            event.remove(Engine, "before_cursor_execute", self._maybe_die)

    def _maybe_die(self, *_event: object) -> None:
        dice = getattr(self._mine, "dice", None)
        if dice is not None and dice.random() < 0.01:
            raise Killed

    def _work(self, number: int) -> None:
        self._mine.dice = random.Random(SEED * 100 + number)
        life = 0
        while self._is_work_left():
            try:
                self._live(f"worker {number}, life {life}")
            except Killed:
                life += 1
                with self._lock:
                    self.deaths += 1
            except Exception as error:  # noqa: BLE001 — the test tells what happened in its threads.
                self.broken.append(error)
                return

    def _is_work_left(self) -> bool:
        dice, self._mine.dice = self._mine.dice, None
        try:
            left = self.catalogue.jobs.backlog()[0]
        finally:
            self._mine.dice = dice
        return left["pending"] + left["processing"] > 0 and time.monotonic() < self._ends and not self.broken

    def _live(self, name: str) -> None:
        jobs = self.catalogue.jobs
        taken = [*jobs.claim(name, self._mine.dice.randint(1, 8), LEASE)]
        lapsed = jobs.reclaim(name, LEASE)
        taken += [lapsed] if lapsed else []
        if not taken:
            return
        jobs.chunks([job.event_id for job in taken])
        if self._mine.dice.random() < 0.2:
            jobs.release(name, [(job.event_id, job.attempts) for job in taken[1:]])
            del taken[1:]
        outcomes = [self._outcome(job) for job in taken]
        self._mine.dice.shuffle(outcomes)
        written = jobs.finish(name, outcomes)
        # The same again, as a lost answer has it.
        assert jobs.finish(name, outcomes) == 0
        with self._lock:
            self.written += written

    def _outcome(self, job: Job) -> Outcome:
        if self._mine.dice.random() < 0.1:
            return Outcome(job.event_id, job.attempts, EventStatus.PENDING, error="x", again_in=timedelta(0))
        return completed(job)


def test_workers_that_die_at_random_complete_each_event_exactly_once(location: str) -> None:
    catalogue = open_catalogue(location, SETTINGS)
    desk = Desk(catalogue)
    desk.put_all({f"{n}": chunks(f"{n}") for n in range(EVENTS - 1)})
    crew = Crew(desk.catalogue)
    crew.run()
    assert crew.broken == []
    assert crew.deaths > 1
    database = Database(location)
    rows = rows_of(database, select(sync_events))
    assert [row.status for row in rows] == ["completed"] * EVENTS
    assert counted(database) == EVENTS
    assert counted(database, "failed") == 0
    # A death between two statements of a commit that came through leaves more written than was heard of, never less.
    assert counted(database) + counted(database, "retried") >= crew.written
    database.close()
    catalogue.close()
