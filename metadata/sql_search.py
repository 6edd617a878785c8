"""Search in SQL: files in path order where matches are dense, by the trigram index where they are rare."""

import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, or_, select, union

from foundation.authorization import Action, require
from foundation.database import Database
from foundation.identity import Identity
from foundation.problems import CursorInvalid, Invalid
from foundation.sql import any_of
from metadata.access import bucket_for
from metadata.cut_off import TookTooLong, cut_off
from metadata.model import FileVersion, Page
from metadata.paths import is_storable
from metadata.rows import select_versions, version_from
from metadata.schema import buckets, files, members
from metadata.search_model import SearchQuery
from metadata.search_terms import terms_of
from metadata.search_text import Term
from metadata.sql_trigrams import Place, indexed, matching, walk_by_index

# Files looked at in path order before the index is asked, and in all: beyond it a page ends before it is full.
_FIRST_FILES, _MOST_FILES = 1_000, 200_000
_FIRST_SLICE_FILES, _SLICE_FILES = 16, 20_000
# A comparison of two long texts that are nearly alike takes a tenth of a second, and a bucket may be full of them: slices
# grow while they are quick, a page ends when they take long, and what takes longer still is cut off.
_QUICK_SECONDS, _PAGE_SECONDS, _INDEX_SECONDS, _MOST_SECONDS = 0.05, 2, 2, 10
# What the index may find for one page; where it finds more, walking in path order fills the page sooner.
_MOST_HITS = 2_000


class SqlSearch:
    """Implements Search. A page costs the same whatever the buckets hold, where matches are few, and where they are many."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, caller: Identity, query: SearchQuery) -> Page[FileVersion]:
        terms, after = terms_of(query), _place(query.after)

        def body(connection: Connection) -> Page[FileVersion]:
            scope = _visible(connection, caller, query.bucket)
            walk_by_index(connection)
            walk = _Walk(connection, scope, terms, after)
            try:
                with cut_off(connection, _MOST_SECONDS):
                    found = _found(walk, query.limit + 1)
            except TookTooLong as error:
                raise Invalid(
                    "This takes too long here. Ask for other words, or for shorter ones.", field="q"
                ) from error
            last = found[query.limit - 1] if len(found) > query.limit else walk.position
            return Page(_versions(connection, found[: query.limit]), last and f"{last.bucket}{last.path}")

        return self._database.read(body)


def _found(walk: "_Walk", wanted: int) -> list[Place]:
    """The first `wanted` matches at least, or all; fewer where looking on would take too long: the walk is not over then."""
    found = walk.on(wanted, max(_FIRST_FILES, 2 * wanted))
    if len(found) >= wanted or walk.is_over or walk.is_late:
        return found
    # So dense that the page is full before the index has told what it knows.
    is_dense = walk.seen * (wanted - len(found)) <= _SLICE_FILES * len(found)
    rest = None if is_dense else walk.jump()
    return found + (walk.on(wanted - len(found), _MOST_FILES) if rest is None else rest)


class _Walk:
    """Through the live files of `scope` (buckets by id, and about how many files each holds), behind `position`."""

    def __init__(
        self, connection: Connection, scope: Sequence[tuple[UUID, int]], terms: Sequence[Term], position: Place | None
    ) -> None:
        self._connection, self._terms = connection, terms
        self._scope = [item for item in scope if position is None or item[0] >= position.bucket]
        begins_within = position is not None and bool(self._scope) and self._scope[0][0] == position.bucket
        self._position = position if begins_within else None
        self._matches = matching(connection, terms)
        self.seen = 0
        self._end = time.monotonic() + _PAGE_SECONDS

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._end

    @property
    def is_over(self) -> bool:
        return not self._scope

    @property
    def position(self) -> Place | None:
        """The last file looked at; None where there is none behind it."""
        if self._scope and self._position is None:
            return Place(self._scope[0][0], "")
        return self._position

    def on(self, wanted: int, most: int) -> list[Place]:
        """The next matches, until `wanted` are found, some `most` files are looked at, or it is late."""
        found: list[Place] = []
        size = _FIRST_SLICE_FILES
        while self._scope and len(found) < wanted and most > 0:
            size, began = min(size, most), time.monotonic()
            number, places = self._slice(self._group(size), size)
            found += places
            self.seen += number
            most -= max(number, 1)
            if self.is_late:
                break
            if time.monotonic() - began < _QUICK_SECONDS:
                size = min(max(4 * size, 2 * wanted), _SLICE_FILES)
        return found

    def jump(self) -> list[Place] | None:
        """All matches that are left, by the index; None where it cannot tell, takes too long, or tells too many."""
        scope = [bucket for bucket, _ in self._scope]
        try:
            with cut_off(self._connection, _INDEX_SECONDS):
                found = indexed(self._connection, scope, self._terms, self._position, _MOST_HITS + 1)
        except TookTooLong:
            return None
        if found is None or len(found) > _MOST_HITS:
            return None
        self._pass(scope[-1])
        return sorted(found, key=lambda place: (place.bucket.bytes, place.path.encode()))

    def _group(self, size: int) -> list[UUID]:
        """The next bucket, or several that follow: as many as hold some `size` files, and no large one but the first."""
        group: list[UUID] = []
        number = 0
        for bucket, count in self._scope:
            if group and (number + count > size or self._position is not None):
                break
            group.append(bucket)
            number += count
        return group

    def _slice(self, group: Sequence[UUID], size: int) -> tuple[int, list[Place]]:
        """How many files were looked at, and which of them match."""
        looked = select(files.c.bucket, files.c.path, files.c.id, self._matches.label("is_match"))
        looked = looked.where(files.c.deleted_at.is_(None))
        if len(group) == 1:
            looked = looked.where(files.c.bucket == group[0]).order_by(files.c.path)
        else:
            looked = looked.where(any_of(self._connection, files.c.bucket, group))
            looked = looked.order_by(files.c.bucket, files.c.path)
        if self._position is not None:
            looked = looked.where(files.c.path > self._position.path)
        part = looked.limit(size).cte("part")
        number = select(func.count()).select_from(part).scalar_subquery()
        ends = part.alias("ends")
        last = select(ends.c.id).order_by(ends.c.bucket.desc(), ends.c.path.desc()).limit(1).scalar_subquery()
        query = select(part, number.label("number")).where(or_(part.c.is_match, part.c.id == last))
        rows = self._connection.execute(query.order_by(part.c.bucket, part.c.path)).all()
        count = rows[-1].number if rows else 0
        if count < size:
            self._pass(group[-1])
        else:
            self._stop(Place(rows[-1].bucket, rows[-1].path))
        return count, [Place(row.bucket, row.path, row.id) for row in rows if row.is_match]

    def _pass(self, bucket: UUID) -> None:
        """All up to the end of `bucket` is seen."""
        self._scope = [item for item in self._scope if item[0] > bucket]
        self._position = None

    def _stop(self, place: Place) -> None:
        self._scope = [item for item in self._scope if item[0] >= place.bucket]
        self._position = place


def _visible(connection: Connection, caller: Identity, ref: str | None) -> list[tuple[UUID, int]]:
    """The live buckets that the caller may read, by id, and about how many files each holds."""
    query = select(buckets.c.id, buckets.c.files).where(buckets.c.deleted_at.is_(None)).order_by(buckets.c.id)
    if ref:
        query = query.where(buckets.c.id == bucket_for(connection, caller, ref, Action.READ_BUCKET).id)
    else:
        require(caller, Action.LIST_BUCKETS)
        mine = buckets.alias("mine")
        own = select(mine.c.id).where(mine.c.owner == caller.user, mine.c.deleted_at.is_(None))
        query = query.where(buckets.c.id.in_(union(own, select(members.c.bucket).where(members.c.user == caller.user))))
    return [(row.id, row.files) for row in connection.execute(query)]


def _versions(connection: Connection, places: Sequence[Place]) -> list[FileVersion]:
    """As they are now: on PostgreSQL a file may have gone since it was found."""
    if not places:
        return []
    order = {place.file: number for number, place in enumerate(places)}
    query = select_versions(current=True).where(
        any_of(connection, files.c.id, order), files.c.deleted_at.is_(None), buckets.c.deleted_at.is_(None)
    )
    return sorted(map(version_from, connection.execute(query)), key=lambda version: order[version.file_id])


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    bucket, path = after[:36], after[36:]
    if not is_storable(path):
        raise CursorInvalid
    try:
        return Place(UUID(bucket), path)
    except ValueError as error:
        raise CursorInvalid from error
