"""Statistics: what one's own buckets hold, counted as if nobody else were there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from foundation.blocks import MIB
from foundation.database import Database, opened
from foundation.identity import Identity
from foundation.problems import DatabaseUnavailable, Forbidden, Unauthenticated
from foundation.sql import EPOCH
from metadata import BucketNotFound, Catalogue, Delete, Figures
from metadata.schema import members
from metadata.sql_statistics import SqlStatistics
from tests.metadata.catalogues import Desk, chunks

ADMIN = frozenset({"files", "admin"})


def figures(desk: Desk, bucket: str | None = None) -> Figures:
    return desk.catalogue.statistics.of_caller(desk.me, bucket)


def without_time(found: Figures) -> Figures:
    """For comparing: when it was counted may differ."""
    assert found.stored is not None
    return replace(found, stored=replace(found.stored, as_of=EPOCH))


def test_an_empty_account_holds_nothing(desk: Desk) -> None:
    found = figures(desk)
    assert (found.num_buckets, found.files, found.versions, found.logical_bytes, found.version_bytes) == (1, 0, 0, 0, 0)
    assert found.stored is not None
    assert (found.stored.blocks, found.stored.stored_bytes, found.stored.version_bytes) == (0, 0, 0)


def test_a_block_counts_once_however_many_versions_files_and_buckets_hold_it(desk: Desk) -> None:
    other = Desk(desk.catalogue, me=desk.me)
    desk.put("a", chunks("one", "two"))
    desk.put("a", chunks("one", "three"))
    desk.put("b", chunks("one", "two"))
    other.put("c", chunks("one", "four"))
    found = figures(desk)
    assert (found.num_buckets, found.files, found.versions) == (2, 3, 4)
    assert found.logical_bytes == 3 * (MIB + 5_000)
    assert found.version_bytes == 4 * (MIB + 5_000)
    assert found.stored is not None
    assert (found.stored.blocks, found.stored.stored_bytes) == (4, MIB + 3 * 5_000)
    assert found.stored.version_bytes == found.version_bytes
    one = figures(desk, other.id)
    assert one.stored is not None
    assert (one.num_buckets, one.files, one.stored.blocks, one.stored.stored_bytes) == (1, 1, 2, MIB + 5_000)
    assert [bucket.name for bucket in found.buckets] == sorted([desk.bucket.name, other.bucket.name])
    assert [(bucket.id, bucket.files, bucket.version_bytes) for bucket in found.top] == [
        (desk.bucket.id, 2, 3 * (MIB + 5_000)),
        (other.bucket.id, 1, MIB + 5_000),
    ]


def test_the_figures_follow_every_change_at_once(desk: Desk) -> None:
    desk.put("a", chunks("one", "two"))
    first = figures(desk)
    (deleted,) = desk.apply(Delete(path="a"))
    trashed = figures(desk)
    assert (trashed.files, trashed.versions, trashed.logical_bytes) == (0, 1, 0)
    assert trashed.stored is not None
    assert first.stored is not None
    assert trashed.stored.stored_bytes == first.stored.stored_bytes
    desk.catalogue.files.purge(desk.me, deleted.version.file_id, None)
    purged = figures(desk)
    assert purged.stored is not None
    assert (purged.versions, purged.stored.blocks, purged.stored.stored_bytes) == (0, 0, 0)


def test_what_others_store_changes_nobodys_figures(catalogue: Catalogue) -> None:
    mine, theirs = Desk(catalogue), Desk(catalogue)
    mine.put("mine", chunks("same", "bytes"))
    before, empty = without_time(figures(mine)), without_time(figures(theirs))
    (put,) = [theirs.put("theirs", chunks("same", "bytes"))]
    assert without_time(figures(mine)) == before
    both = figures(theirs)
    assert both.stored is not None
    assert both.stored.stored_bytes == MIB + 5_000
    catalogue.files.purge(theirs.me, put.version.file_id, None)
    assert without_time(figures(mine)) == before
    after = without_time(figures(theirs))
    assert (after.files, after.versions, after.stored) == (empty.files, empty.versions, empty.stored)


def test_another_ones_bucket_has_figures_for_its_members_only_and_never_in_their_own_sums(
    catalogue: Catalogue, location: str
) -> None:
    mine, theirs = Desk(catalogue), Desk(catalogue)
    mine.put("mine", chunks("one"))
    for ref in (mine.id, mine.bucket.name, "no-such-bucket", "Not A Name"):
        with pytest.raises(BucketNotFound):
            figures(theirs, ref)
    with opened(location) as database:
        row = {"bucket": mine.bucket.id, "user": theirs.me.user, "role": "viewer"}
        database.write(lambda connection: connection.execute(insert(members).values(row)))
    assert figures(theirs, mine.id).files == 1
    assert (figures(theirs).files, figures(theirs).num_buckets) == (0, 1)


def test_deleted_buckets_do_not_count(desk: Desk) -> None:
    desk.put("a", chunks("one"))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    found = figures(desk)
    assert (found.num_buckets, found.files, found.version_bytes, found.buckets) == (0, 0, 0, [])
    assert found.stored is not None
    assert found.stored.stored_bytes == 0


def test_the_top_ten_are_those_with_the_most_bytes(desk: Desk) -> None:
    desks = [Desk(desk.catalogue, me=desk.me) for _ in range(11)]
    for number, one in enumerate(desks):
        one.put("a", chunks(*"x" * (number + 1)))
    top = figures(desk).top
    assert [bucket.id for bucket in top] == [one.bucket.id for one in reversed(desks[1:])]


def test_the_true_figures_of_the_store_are_for_administrators(desk: Desk) -> None:
    desk.put("a", chunks("one", "two"))
    Desk(desk.catalogue).put("a", chunks("one", "three"))
    found = desk.catalogue.statistics.of_store(replace(desk.me, scopes=ADMIN))
    assert (found.users, found.buckets, found.blocks) == (2, 2, 3)
    assert (found.plain_bytes, found.stored_bytes) == (MIB + 10_000, MIB + 10_000)
    with pytest.raises(Forbidden):
        desk.catalogue.statistics.of_store(desk.me)
    with pytest.raises(Unauthenticated):
        desk.catalogue.statistics.of_store(Identity())
    with pytest.raises(Unauthenticated):
        desk.catalogue.statistics.of_caller(Identity())


class Slow(Database):
    """Counting takes `seconds` of a clock that only this moves, or is cut off."""

    seconds, counts, is_cut_off, moment = 0.0, 0, False, 0.0

    def read(self, body: Callable[[Any], Any]) -> Any:
        if getattr(body, "__name__", "") == "<lambda>" and "ids" in body.__code__.co_freevars:
            self.counts += 1
            self.moment += self.seconds
            if self.is_cut_off:
                raise DatabaseUnavailable
        return super().read(body)


@pytest.fixture
def slow(location: str) -> Any:
    database = Slow(location)
    yield database
    database.close()


def test_a_slow_count_is_remembered_for_sixty_times_its_seconds(desk: Desk, slow: Slow) -> None:
    statistics = SqlStatistics(slow, lambda: slow.moment)
    slow.seconds = 2.0
    first = statistics.of_caller(desk.me)
    desk.put("a", chunks("one"))
    second = statistics.of_caller(desk.me)
    assert (second.files, second.stored, slow.counts) == (1, first.stored, 1)
    slow.moment += 121
    third = statistics.of_caller(desk.me)
    assert third.stored is not None
    assert (third.stored.stored_bytes, slow.counts) == (5_000, 2)


def test_nothing_is_counted_again_while_nothing_changed_and_a_quick_count_at_every_change(
    desk: Desk, slow: Slow
) -> None:
    statistics = SqlStatistics(slow, lambda: slow.moment)
    for _ in range(3):
        statistics.of_caller(desk.me)
    assert slow.counts == 1
    desk.put("a", chunks("one"))
    statistics.of_caller(desk.me)
    assert slow.counts == 2


def test_a_count_that_the_database_cuts_off_leaves_the_one_before_or_none(desk: Desk, slow: Slow) -> None:
    statistics = SqlStatistics(slow, lambda: slow.moment)
    slow.is_cut_off = True
    assert statistics.of_caller(desk.me).stored is None
    slow.is_cut_off = False
    known = statistics.of_caller(desk.me).stored
    slow.is_cut_off = True
    desk.put("a", chunks("one"))
    found = statistics.of_caller(desk.me)
    assert (found.files, found.stored) == (1, known)
