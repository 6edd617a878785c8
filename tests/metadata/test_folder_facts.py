"""What lies below folders, told for many at once."""

from collections.abc import Iterator

import pytest

from metadata import BucketNotFound, Delete, FolderFacts, MakeFolder
from metadata.sync_schema import sync_events
from tests.metadata.catalogues import Desk, chunk, chunks, somebody
from tests.metadata.jobs import Hand
from tests.metadata.readers import house
from tests.metadata.sync_rows import SyncRows, sync_rows
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


def facts(desk: Desk, *prefixes: str) -> list[FolderFacts]:
    return list(desk.catalogue.files.folders(desk.me, desk.id, prefixes))


def test_each_folder_is_told_with_all_below_it_in_the_order_asked_for(desk: Desk, hand: Hand) -> None:
    sizes = {"a/1": 10, "a/b/2": 20, "a/b/é": 30, "ab": 40, "c/3": 50, "z/gone": 60}
    desk.put_all({path: [chunk(path, size)] for path, size in sizes.items()})
    desk.apply(Delete(path="z/gone"), MakeFolder("c/empty"))
    hand.drain()
    told = facts(desk, "c/", "a/", "a/b/", "", "z/", "no\0")
    newest = {path: desk.at(path).created_at for path in ("a/b/é", "c/empty/")}
    assert [(one.prefix, one.files, one.logical_bytes) for one in told] == [
        ("c/", 1, 50),
        ("a/", 3, 60),
        ("a/b/", 2, 50),
        ("", 5, 150),
        ("z/", 0, 0),
        ("no\0", 0, 0),
    ]
    assert [one.changed_at for one in told[:3]] == [newest["c/empty/"], newest["a/b/é"], newest["a/b/é"]]
    assert not any(one.checking or one.failed or one.is_capped for one in told)


def test_what_is_checked_or_failed_below_is_counted_by_the_newest_check(desk: Desk, rows: SyncRows) -> None:
    made = {result.version.path: result.version for result in desk.put_all({p: chunks(p) for p in ("a/1", "a/2", "b")})}
    assert [(one.checking, one.failed) for one in facts(desk, "", "a/", "c/")] == [(3, 0), (2, 0), (0, 0)]
    rows.set(sync_events, sync_events.c.version == made["a/1"].version_id, status="failed")
    rows.set(sync_events, sync_events.c.version == made["b"].version_id, status="processing")
    assert [(one.checking, one.failed) for one in facts(desk, "", "a/")] == [(2, 1), (1, 1)]
    desk.put("a/1", chunks("new"))
    assert [(one.checking, one.failed) for one in facts(desk, "a/")] == [(2, 0)]
    desk.apply(Delete(path="a/1"))
    assert [(one.checking, one.failed) for one in facts(desk, "a/")] == [(1, 0)]


def test_counting_ends_at_its_limit_and_says_so(desk: Desk, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.folder_facts.MOST_FILES", 3)
    monkeypatch.setattr("metadata.folder_facts.MOST_IN_ALL", 6)
    desk.put_all({path: [chunk(path, 10)] for path in ("a/1", "a/2", "a/3", "b/1", "b/2")})
    hand.drain()
    assert [(one.files, one.is_capped) for one in facts(desk, "a/", "b/")] == [(3, False), (2, False)]
    assert [(one.files, one.is_capped) for one in facts(desk, "a/", "b/", "c/")] == [(2, True), (2, False), (0, False)]
    (whole,) = facts(desk, "")
    assert (whole.files, whole.logical_bytes, whole.is_capped) == (5, 50, False)
    assert whole.changed_at is not None


def test_more_checks_than_are_counted_are_told_as_such(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metadata.folder_facts.MOST_CHECKS", 1)
    desk.put_all({path: chunks(path) for path in ("a/1", "a/2")})
    assert [(one.files, one.is_capped) for one in facts(desk, "a/", "b/")] == [(2, True), (0, False)]


def test_a_stranger_learns_nothing_of_folders(desk: Desk) -> None:
    desk.put("a/1", chunks("a"))
    with pytest.raises(BucketNotFound):
        desk.catalogue.files.folders(somebody(), desk.id, ["a/"])


def test_folders_are_asked_for_by_their_prefixes(door: Door) -> None:
    bucket = door.house.bucket().id
    door.house.plant(bucket, ["a/1", "a/2", "b & c/1"])
    answer = door.ask("GET", "/buckets/mine/folders", params={"prefix": ["b & c/", "a/"]})
    assert [(item["prefix"], item["files"]) for item in answer.json()["items"]] == [("b & c/", 1), ("a/", 2)]
    (whole,) = door.ask("GET", "/buckets/mine/folders").json()["items"]
    assert (whole["prefix"], whole["files"]) == ("", 3)
    for bad in (["x"] * 101, ["x" * 4097], ["a\0"]):
        assert door.problem("GET", "/buckets/mine/folders", params={"prefix": bad}) == (422, "invalid")
    assert door.problem("GET", "/buckets/mine/folders?prefix=", caller=somebody()) == (404, "bucket-not-found")
