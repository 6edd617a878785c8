"""The chore that writes manifests: what changed in each bucket, and from time to time all of it (ALGORITHMS.md 9, decision 21).

A part tells how things are, not what happened; so writing one twice, or two at once, harms nothing. Parts are merged as they grow:
a change is written again as often as the number of changes doubles, and everything when as much has changed.
"""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from block_storage import BlockStore
from metadata import (
    ManifestContent,
    ManifestDraft,
    ManifestPage,
    ManifestPart,
    ManifestPerson,
    ManifestRecord,
    Manifests,
    ManifestTask,
)
from sync.chore import Interrupted, Pause
from sync.errors import ManifestsBehind
from sync.manifest_values import PREFIX, Head, Place, Seal, packed_lines, part_name, value_of
from sync.slices import slices

log = logging.getLogger("cairn.sync")

KEPT = timedelta(days=7)
BEHIND = timedelta(hours=2)
_LEASE = timedelta(minutes=1)
_BUCKETS = 20
# Then other chores of the queue get their turn; what is left is gone on with.
_SECONDS = 5.0
_CHUNKS = 5000

People = Callable[[Collection[UUID]], Mapping[UUID, ManifestPerson]]


def nobody(_ids: Collection[UUID]) -> Mapping[UUID, ManifestPerson]:
    """Where identity cannot be asked: people are named by their ids alone."""
    return {}


@dataclass(frozen=True, slots=True)
class ManifestParts:
    """What the chore needs beside the store. `people`: who signs in here under which address."""

    catalogue: Manifests
    seal: Seal
    people: People = nobody


class ManifestWriter:
    """Any number may write at once: a bucket is one's until its lease lapses, and only whose it is may say that it is written."""

    def __init__(
        self,
        parts: ManifestParts,
        store: BlockStore,
        pause: Pause,
        kept: timedelta = KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kept`: how long what is purged, or was replaced, may stay in the store."""
        self._catalogue, self._seal, self._people = parts.catalogue, parts.seal, parts.people
        self._store, self._pause, self._kept, self._clock = store, pause, kept, clock
        self._worker = f"manifests-{secrets.token_hex(8)}"
        self._account: UUID | None = None

    def run(self) -> int:
        """Write what is to be written, for some seconds; of how many buckets. Raises StorageFailed, DatabaseUnavailable, Interrupted."""
        ends, done = self._clock() + _SECONDS, 0
        self._mark(ends)
        while tasks := self._catalogue.claim(self._worker, _BUCKETS, _LEASE, self._kept):
            for task in tasks:
                self._work(task, ends)
            done += len(tasks)
            # Those that change all the time would never let it end.
            if len(tasks) < _BUCKETS or self._clock() >= ends:
                break
            self._pause()
        return done

    def _mark(self, ends: float) -> None:
        """Page after page of all accounts; the next run goes on where the time was over."""
        while (following := self._catalogue.mark(self._account)) and self._clock() < ends:
            self._account = following
            self._pause()
        self._account = following

    def _work(self, task: ManifestTask, ends: float) -> None:
        if task.is_gone:
            # The row goes last: until then the next one knows that there is something to take away.
            self._delete(task.bucket, [*task.parts, *task.old, *([task.draft.part] if task.draft else [])])
            self._catalogue.forget(self._worker, task.bucket)
            return
        part = self._written(task, task.draft or _begun(task), ends)
        if part is None:
            return
        kept = [one for one in task.parts if one.after < part.after]
        replaced = [one for one in task.parts if one.after >= part.after]
        # What is older than a new beginning is kept for a while, should that be damaged.
        old = replaced if part.after == 0 else [] if task.is_old_over else task.old
        if self._catalogue.advance(self._worker, task, [*kept, part], old):
            self._delete(task.bucket, [one for one in (*replaced, *task.old) if one not in old])

    def _written(self, task: ManifestTask, draft: ManifestDraft, ends: float) -> ManifestPart | None:
        """The whole part; None where it is somebody else's now, the bucket is gone, or the time is over: the draft stays."""
        part, key = draft.part, draft.next_key
        while self._catalogue.keep(self._worker, task.bucket, ManifestDraft(part, key), _LEASE):
            page = self._page(task.bucket, part, key)
            if page is None:
                return None
            part, key = self._put(task, part, page), page.next_key
            if key is None:
                return part
            try:
                self._pause()
            except Interrupted:
                self._leave(task, ManifestDraft(part, key))
                raise
            if self._clock() >= ends:
                self._leave(task, ManifestDraft(part, key))
                return None
        return None

    def _leave(self, task: ManifestTask, draft: ManifestDraft) -> None:
        """Whoever has time goes on."""
        self._catalogue.keep(self._worker, task.bucket, draft, timedelta(0))

    def _page(self, bucket: UUID, part: ManifestPart, key: str | None) -> ManifestPage | None:
        if part.after == 0:
            return self._catalogue.everything(bucket, key)
        return self._catalogue.changed(bucket, int(key) if key else part.after)

    def _put(self, task: ManifestTask, part: ManifestPart, page: ManifestPage) -> ManifestPart:
        """Write a page's values; the part with them."""
        until = part.until if part.until >= 0 and part.after == 0 else page.sequence
        number = part.keys
        ahead: Sequence[bytes] | None = None
        for lines in [*packed_lines(self._records(page)), None]:
            if ahead is not None:
                is_last = lines is None and page.next_key is None
                head = Head(
                    task.installation or UUID(int=0),
                    task.bucket,
                    part.after,
                    page.sequence,
                    until if is_last else None,
                )
                place = Place(task.bucket, part.name, number)
                self._store.replace_meta(str(place), value_of(self._seal, place, head, ahead))
                number += 1
            ahead = lines
        gone = len(page.gone.files) + len(page.gone.versions)
        records = part.records + len(page.files) + len(page.versions) + gone
        return replace(part, until=until, records=max(1, records), gone=part.gone + gone, keys=number)

    def _records(self, page: ManifestPage) -> Iterator[ManifestRecord]:
        bucket = page.bucket
        yield bucket
        yield from self._people([bucket.owner, *(member.user for member in bucket.members)]).values()
        yield from page.files
        yield from page.versions
        if page.gone.files or page.gone.versions:
            yield page.gone
        yield from page.contents
        yield from self._chunks(page.contents)

    def _chunks(self, contents: Iterable[ManifestContent]) -> Iterator[ManifestRecord]:
        left, first = sorted(content.id for content in contents), 0
        while left and (runs := self._catalogue.chunks(left, first, _CHUNKS)):
            yield from runs
            last = runs[-1]
            if sum(len(run.chunks) for run in runs) < _CHUNKS:
                return
            left, first = [id for id in left if id >= last.content], last.index + len(last.chunks)

    def _delete(self, bucket: UUID, parts: Iterable[ManifestPart]) -> None:
        """By their numbers: a list of all that is stored would cost more than what is deleted. `prune_manifests` finds the rest."""
        for part in parts:
            for number in range(part.keys):
                self._store.delete_meta(str(Place(bucket, part.name, number)))


def _begun(task: ManifestTask) -> ManifestDraft:
    """A new part, which takes in those before it that are not larger."""
    parts, after = list(task.parts), 0
    # A change is about two records: a file and a version.
    count = max(1, 2 * (task.newest - parts[-1].until)) if parts else 0
    if task.is_overdue:
        parts = []
    # One that goes up to 0 was written of an empty bucket: behind it there is everything.
    while parts and (parts[-1].records <= count or parts[-1].until == 0):
        count += parts.pop().records
    if parts:
        after = parts[-1].until
    # Of two that say the same of the journal the later counts.
    name = part_name(task.generation, after, f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(2)}")
    return ManifestDraft(ManifestPart(name, after, -1, 0, 0, 0), None)


def prune_manifests(parts: ManifestParts, store: BlockStore, pause: Pause) -> int:
    """Values that no bucket's manifests name: left by whoever was killed, or was too late. How many. Memory is bounded by a slice.

    What is listed was named before it was written; so what is not named afterwards never will be.
    """
    places = (place for key in store.list_meta(PREFIX) if (place := Place.parse(key)))
    pruned = 0
    for slice_ in slices(places, lambda _place: 0):
        known = parts.catalogue.known({place.bucket for place in slice_})
        for place in slice_:
            if place.part not in known.get(place.bucket, ()):
                store.delete_meta(str(place))
                pruned += 1
        pause()
    return pruned


def manifests_check(catalogue: Manifests, now: Callable[[], float] = time.time) -> Callable[[], None]:
    """Raises ManifestsBehind while a change waits for hours. `now`: seconds since 1970."""

    def check() -> None:
        lag = catalogue.lag()
        if lag.since and now() - lag.since.timestamp() > BEHIND.total_seconds():
            raise ManifestsBehind(
                f"Changes in {lag.buckets} buckets, the oldest of {lag.since.isoformat(timespec='seconds')}, are in no manifest."
            )

    return check
