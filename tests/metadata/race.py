"""The race of ALGORITHMS.md 1 against the product's own code: nobody waits, everybody dies now and then."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event, select

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import Problem
from metadata import (
    Batch,
    BlockState,
    Bucket,
    Catalogue,
    CatalogueSettings,
    Chunk,
    CommitRequest,
    NewBucket,
    Precondition,
    ReceivedBlock,
    Restore,
    Target,
    open_catalogue,
)
from metadata.collect import BLOCK_IS_FREE, CONTENT_IS_FREE
from metadata.schema import blocks, candidates, contents, dead_names, file_chunks, file_versions, files, uploads
from tests.metadata.catalogues import somebody

SETTINGS = CatalogueSettings(dead_name_retention=timedelta(0), upload_expiry=timedelta(seconds=0.1), collect_chunks=20)
BLOCKS = [Chunk(BlockId.of(b"%d" % n), 1_000) for n in range(20)]


class Killed(Exception):  # noqa: N818 — a death, no error.
    """The participant dies here: its transaction rolls back and its memory is gone."""


class Race:
    """Threads that play their roles for some seconds, and what they broke."""

    def __init__(self, location: str, seed: int) -> None:
        self.catalogue: Catalogue = open_catalogue(location, SETTINGS)
        self.database = Database(location)
        self.seed = seed
        self.store: set[BlockName] = set()  # the names whose bytes are there
        self.count: Counter[str] = Counter()
        self.broken: set[Any] = set()
        self.people = [somebody() for _ in range(3)]
        self.buckets: dict[UUID, Bucket] = {
            bucket.id: bucket
            for person in self.people
            for bucket in [self.catalogue.buckets.create(person, NewBucket(name="raced"))]
        }
        self.owners = {
            bucket.owner: person
            for bucket in self.buckets.values()
            for person in self.people
            if person.user == bucket.owner
        }
        self.stopped = threading.Event()
        self._mine = threading.local()
        self.new_name: Callable[[BlockId, int], BlockName] = BlockName.new

    @property
    def dice(self) -> random.Random:
        dice: random.Random = self._mine.dice
        return dice

    def close(self) -> None:
        self.catalogue.close()
        self.database.close()

    # --- faults ---

    def pause(self, *_event: Any) -> None:
        """Before any statement and any touch of the store: nothing, a delay, or death."""
        dice = getattr(self._mine, "dice", None)
        if dice is None or not self._mine.mortal:
            return
        roll = dice.random()
        if roll < 0.003:
            raise Killed
        if roll < 0.3:
            time.sleep(dice.random() * 0.003)

    def seen_error(self, context: Any) -> None:
        text = str(context.original_exception)
        if "FOREIGN KEY" in text or getattr(context.original_exception, "sqlstate", "") == "23503":
            self.count["stopped by a foreign key"] += 1
        if getattr(context.original_exception, "sqlstate", "") == "40P01":
            self.count["deadlocks"] += 1

    @contextmanager
    def faults(self) -> Iterator[None]:
        event.listen(Engine, "before_cursor_execute", self.pause)
        event.listen(Engine, "handle_error", self.seen_error)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self.pause)
            event.remove(Engine, "handle_error", self.seen_error)

    # --- roles ---

    def upload(self) -> None:
        dice, person = self.dice, self.dice.choice(self.people)
        bucket = next(bucket for bucket in self.buckets.values() if bucket.owner == person.user)
        chunks = [Chunk(block.id, 1_000) for block in dice.choices(BLOCKS, k=1)]
        upload = self._others(person) if dice.random() < 0.25 else None
        if upload is None:
            target = Target(str(bucket.id), f"{dice.randrange(15)}")
            opened = self.catalogue.uploads.open(person, target, Precondition(), [])[0]
            upload = (opened.id, opened.writer)
        id, writer = upload
        wanted = [chunk.id for chunk in chunks] + [block.id for block in dice.choices(BLOCKS, k=dice.randint(0, 5))]
        held = self.catalogue.blocks.claim(person, id, wanted) if dice.random() < 0.7 else set()
        received = [ReceivedBlock(self.new_name(one, writer), 1_000, 1) for one in wanted if one not in held]
        for block in received:
            self.pause()
            self.store.add(block.name)
        if received:
            self.catalogue.blocks.register(id, received)
        if dice.random() < 0.15:
            self.catalogue.uploads.end(person, id)
            return
        (outcome,) = self.catalogue.commits.commit([CommitRequest(person, id, chunks)])
        self.count[f"commit: {getattr(outcome, 'slug', 'done')}"] += 1

    def _others(self, person: Identity) -> tuple[UUID, int] | None:
        open_ones = select(uploads.c.id, uploads.c.writer).where(
            uploads.c.state == "open", uploads.c.owner == person.user
        )
        rows = self.database.read(lambda connection: connection.execute(open_ones.limit(20)).all())
        return tuple(self.dice.choice(rows)) if rows else None  # type: ignore[return-value]

    def purge(self) -> None:
        query = select(files.c.id, files.c.bucket).limit(60)
        rows = self.database.read(lambda connection: connection.execute(query).all())
        if len(rows) > self.dice.randrange(45):
            file, bucket = self.dice.choice(rows)
            self.catalogue.files.purge(self.owners[self.buckets[bucket].owner], file, None)
            self.count["files purged"] += 1

    def restore(self) -> None:
        query = select(file_versions.c.id, file_versions.c.file, file_versions.c.bucket).limit(60)
        rows = self.database.read(lambda connection: connection.execute(query).all())
        if rows:
            version, file, bucket = self.dice.choice(rows)
            person = self.owners[self.buckets[bucket].owner]
            self.catalogue.commits.apply(person, Batch(str(bucket), [Restore(file, version)]))
            self.count["versions restored"] += 1

    def collect(self) -> None:
        for collect, limit in (
            (self.catalogue.collection.collect_contents, 10),
            (self.catalogue.collection.collect_blocks, 10),
        ):
            after: int | None = 0
            while after is not None:
                page = collect(after, limit)
                after = page.last
                self.count["collected"] += page.removed

    def erase(self) -> None:
        for name in self.catalogue.collection.due_names(100):
            self.pause()
            self.store.discard(name)
            self.catalogue.collection.forget([name])
            self.count["erased"] += 1

    def sweep(self) -> None:
        self.count["swept"] += self.catalogue.collection.bury_orphans(list(self.store))

    def expire(self) -> None:
        self.count["expired"] += self.catalogue.collection.expire_uploads(20)

    def damage(self) -> None:
        query = select(blocks.c.name).limit(20)
        names = list(self.database.read(lambda connection: connection.execute(query).scalars().all()))
        if names:
            self.catalogue.blocks.judge({BlockName.parse(self.dice.choice(names)): BlockState.DAMAGED})

    def check(self) -> None:
        """Every chunk of every version is registered under a name whose bytes are there."""
        chunk = (
            select(file_versions.c.content, file_chunks.c.block, blocks.c.name)
            .join(file_chunks, file_chunks.c.content == file_versions.c.content)
            .outerjoin(blocks, blocks.c.id == file_chunks.c.block)
            .distinct()
        )
        for content, block, name in self.database.read(lambda connection: connection.execute(chunk).all()):
            self.count["chunks checked"] += 1
            if name is None or BlockName.parse(name) not in self.store:
                again = chunk.where(
                    file_versions.c.content == content, file_chunks.c.block == block, blocks.c.name == name
                )
                if self.database.read(lambda connection, again=again: connection.execute(again).first()):  # type: ignore[misc]
                    self.broken.add((content, name))

    # --- the run ---

    def play(self, role: str, number: int) -> None:
        self._mine.dice = random.Random(f"{self.seed}/{number}")
        self._mine.mortal = role != "check"
        while not self.stopped.is_set():
            try:
                getattr(self, role)()
            except (Killed, Problem):
                self.count["deaths and refusals"] += 1
            self.stopped.wait(self.dice.random() * (0.02 if role in ("sweep", "damage") else 0.004))

    def run(self, seconds: float, uploaders: int = 5) -> None:
        """Until the time is over, or something broke."""
        roles = (
            ["upload"] * uploaders
            + ["purge", "collect", "erase"] * 2
            + ["restore", "sweep", "expire", "damage", "check"]
        )
        threads = [threading.Thread(target=self.play, args=(role, n)) for n, role in enumerate(roles)]
        with self.faults():
            for thread in threads:
                thread.start()
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self.failures() and all(thread.is_alive() for thread in threads):
                self.stopped.wait(0.1)
            self.stopped.set()
            for thread in threads:
                thread.join()

    def failures(self) -> int:
        return len(self.broken) + self.count["stopped by a foreign key"] + self.count["deadlocks"]

    def drain(self) -> dict[str, int]:
        """What nothing can ever free again, once everything has ended."""
        self._mine.dice, self._mine.mortal = random.Random(0), False
        time.sleep(0.11)  # The uploads' expiry.
        while self.catalogue.collection.expire_uploads(100):
            pass
        self.collect()
        self.sweep()
        while self.catalogue.collection.due_names(1):
            self.erase()
        self.check()
        left = {
            "blocks": select(blocks.c.id).where(BLOCK_IS_FREE),
            "contents": select(contents.c.id).where(CONTENT_IS_FREE),
            "candidates": select(candidates.c.sequence),
            "dead names": select(dead_names.c.name),
        }
        found = {what: len(self.database.read(lambda c, q=q: c.execute(q).all())) for what, q in left.items()}  # type: ignore[misc]
        named = self.database.read(lambda connection: connection.execute(select(blocks.c.name)).scalars().all())
        found["bytes"] = len(self.store - {BlockName.parse(name) for name in named})
        return {what: number for what, number in found.items() if number}
