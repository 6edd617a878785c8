"""What buckets held day by day: written once a day, of today as it is, and gaps stay gaps."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from metadata import BucketNotFound
from metadata.schema import bucket_days, buckets
from metadata.wire_search import GrowthWire
from tests.metadata.catalogues import Desk, chunk, somebody
from tests.metadata.readers import house
from tests.metadata.sync_rows import SyncRows, sync_rows
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]

DAY = timedelta(days=1)


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


def is_old(rows: SyncRows) -> None:
    """All buckets were made long ago."""
    rows.set(buckets, buckets.c.id.is_not(None), created_at=rows.now() - 9 * DAY)


def as_recorded_before(rows: SyncRows, days: int) -> None:
    """What was recorded of yesterday was recorded so many days earlier."""
    day = rows.now().replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    rows.set(bucket_days, bucket_days.c.day == day, day=day - days * DAY)


def record(desk: Desk) -> int:
    return desk.catalogue.collection.record_days()


def told(desk: Desk, bucket: str | None = None, days: int = 90) -> list[tuple[int, int, int, int]]:
    """Days ago, files, versions, bytes of versions."""
    found = desk.catalogue.statistics.growth(desk.me, bucket, days)
    return [((found[-1].day - one.day).days, one.files, one.versions, one.version_bytes) for one in found]


def test_each_day_is_written_once_and_today_is_as_it_is_now(desk: Desk, rows: SyncRows) -> None:
    desk.put("a", [chunk("a")])
    assert (record(desk), told(desk)) == (0, [(0, 1, 1, 5_000)])
    is_old(rows)
    assert (record(desk), record(desk)) == (1, 0)
    desk.put("b", [chunk("b")])
    assert (record(desk), told(desk)) == (0, [(1, 1, 1, 5_000), (0, 2, 2, 10_000)])
    as_recorded_before(rows, days=2)
    assert record(desk) == 1
    assert told(desk) == [(3, 1, 1, 5_000), (1, 2, 2, 10_000), (0, 2, 2, 10_000)]
    assert [one[0] for one in told(desk, days=3)] == [1, 0]
    assert [one[0] for one in told(desk, days=1)] == [0]


def test_growth_is_of_ones_own_buckets_and_of_those_in_the_trash_while_they_were_there(
    desk: Desk, rows: SyncRows
) -> None:
    other, stranger = Desk(desk.catalogue, me=desk.me), Desk(desk.catalogue)
    for one in (desk, other, stranger):
        one.put("a", [chunk("a")])
    is_old(rows)
    assert record(desk) == 3
    assert told(desk) == [(1, 2, 2, 10_000), (0, 2, 2, 10_000)]
    assert told(desk, other.id) == told(stranger) == [(1, 1, 1, 5_000), (0, 1, 1, 5_000)]
    desk.catalogue.buckets.delete(desk.me, other.id, recursive=True)
    assert told(desk) == [(1, 2, 2, 10_000), (0, 1, 1, 5_000)]
    with pytest.raises(BucketNotFound):
        told(desk, stranger.id)
    assert told(Desk(desk.catalogue)) == [(0, 0, 0, 0)]
    nobody = desk.catalogue.statistics.growth(somebody(), None, 90)
    assert [one.files for one in nobody] == [0]


def test_the_days_of_a_bucket_go_with_it_and_old_days_by_themselves(desk: Desk, rows: SyncRows) -> None:
    is_old(rows)
    record(desk)
    as_recorded_before(rows, days=500)
    assert (record(desk), rows.count(bucket_days)) == (1, 1)
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    while desk.catalogue.collection.purge_expired():
        pass
    assert (rows.count(bucket_days), rows.count(buckets)) == (0, 0)


def test_growth_is_told_over_http(door: Door) -> None:
    door.house.bucket()
    for query in ("", "?days=366", "?bucket=mine&days=1"):
        found = GrowthWire.model_validate(door.ask("GET", f"/stats/growth{query}").json())
        assert [one.files for one in found.items] == [0]
    for bad in ("days=0", "days=367", "days=x"):
        assert door.problem("GET", f"/stats/growth?{bad}") == (422, "invalid")
    assert door.problem("GET", "/stats/growth?bucket=none") == (404, "bucket-not-found")
