"""A trash is emptied for good, in slices, and only of what was in it when somebody asked for it."""

from datetime import timedelta

import pytest

from foundation.authorization import Role
from foundation.database import Database
from foundation.ids import new_id
from foundation.problems import Forbidden
from metadata import BucketNotFound, Change, ChangeKind, Delete, Emptied, Member, Put
from metadata.sync_schema import sync_events
from metadata.trash import Emptying
from metadata.wire import EmptiedWire
from tests.metadata.catalogues import Desk, chunk, chunks, somebody
from tests.metadata.counting import counted, recounted
from tests.metadata.jobs import rows_of
from tests.metadata.readers import house
from tests.metadata.test_api import Door, door

__all__ = ["door", "house"]


def trashed(desk: Desk) -> list[str]:
    return [one.path for one in desk.catalogue.files.trash(desk.me, desk.id, None, 1_000).items]


def purges(desk: Desk) -> list[Change]:
    changes = desk.catalogue.journals.read(desk.me, desk.id, 0, 1_000).items
    return [one for one in changes if one.kind is ChangeKind.FILE_PURGED]


def empty(desk: Desk) -> Emptied:
    return desk.catalogue.buckets.empty_trash(desk.me, desk.id)


def test_all_that_was_deleted_goes_with_all_its_versions_and_nothing_else(desk: Desk) -> None:
    desk.put_all({"a": [chunk("a")], "b": [chunk("b")], "kept": [chunk("kept")]})
    desk.put("a", [chunk("a2", 7_000)])
    desk.put("also", [chunk("b")])
    desk.apply(Delete(path="a"), Delete(path="b"))
    emptied = empty(desk)
    assert (emptied.files, emptied.is_more, trashed(desk)) == (2, False, [])
    # Each delete marker is a version, too; the part of `b` stays for `also`.
    purged = emptied.purged
    assert (purged.versions, purged.deleted_chunks, purged.kept_chunks, purged.freed_bytes) == (5, 2, 1, 12_000)
    assert [(one.path, one.group) for one in purges(desk)] == [("a", None), ("b", None)]
    assert counted(desk) == recounted(desk)
    assert empty(desk).files == 0


def test_the_event_of_each_file_tells_what_went(desk: Desk, database: Database) -> None:
    desk.put_all({"a": chunks("x", "y"), "b": chunks("y")})
    desk.apply(Delete(path="a"), Delete(path="b"))
    empty(desk)
    events = rows_of(database, sync_events.select().where(sync_events.c.type == "file.purged"))
    assert sorted((row.status, row.total_chunks) for row in events) == [("completed", 1), ("completed", 2)]
    # A part that both have goes with one of them.
    assert sum(row.deleted_chunks for row in events) == 2


def test_what_is_deleted_later_stays(desk: Desk) -> None:
    desk.put_all({"a": [], "b": []})
    desk.apply(Delete(path="a"))
    (first,) = desk.catalogue.files.trash(desk.me, desk.id, None, 10).items
    assert first.deleted_at is not None
    desk.apply(Delete(path="b"))
    emptied = desk.catalogue.buckets.empty_trash(desk.me, desk.id, first.deleted_at)
    assert (emptied.files, emptied.until, trashed(desk)) == (1, first.deleted_at, ["b"])
    early = desk.catalogue.buckets.empty_trash(desk.me, desk.id, first.deleted_at - timedelta(days=1))
    assert early.files == 0


@pytest.mark.parametrize("max_chunks", [1, 3])
def test_long_files_go_by_themselves_and_a_request_ends_in_time(
    desk: Desk, database: Database, max_chunks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metadata.trash._SLICE_FILES", 2)
    desk.put_all({"a": chunks("1", "2", "3", "4"), "b": [], "c": chunks("5"), "d": chunks("6", "7")})
    desk.apply(*(Delete(path=path) for path in "abcd"))
    asked = []
    while not asked or asked[-1].is_more:
        ticks = iter(range(0, 1_000, 10))
        until = asked[-1].until if asked else None
        emptying = Emptying(database, desk.me, desk.id, until, max_chunks, clock=lambda ticks=ticks: next(ticks))
        asked.append(emptying.run()[0])
    assert len({one.until for one in asked}) == 1
    assert len(asked) >= 3
    assert sum(one.files for one in asked) == 4
    assert sum(one.purged.deleted_chunks for one in asked) == 7
    assert trashed(desk) == []
    assert counted(desk) == recounted(desk)


def test_some_files_go_and_what_is_not_in_this_trash_stays(desk: Desk) -> None:
    desk.put_all({"a": [chunk("a")], "b": [chunk("b")], "c": [chunk("c")], "live": []})
    desk.apply(Delete(path="a"), Delete(path="b"), Delete(path="c"))
    files = {one.path: one.file_id for one in desk.catalogue.files.trash(desk.me, desk.id, None, 10).items}
    live = desk.catalogue.files.find(desk.me, desk.id, "live").file_id
    emptied = desk.catalogue.buckets.empty_trash(desk.me, desk.id, only=[files["a"], files["c"], live, new_id()])
    assert (emptied.files, emptied.is_more, trashed(desk)) == (2, False, ["b"])
    assert desk.catalogue.files.find(desk.me, desk.id, "live").file_id == live
    assert [one.path for one in purges(desk)] == ["a", "c"]
    assert desk.catalogue.buckets.empty_trash(desk.me, desk.id, only=[]).files == 0
    assert trashed(desk) == ["b"]
    assert counted(desk) == recounted(desk)


def test_what_is_in_the_trash_is_as_large_as_what_comes_back(desk: Desk) -> None:
    desk.put("a", [chunk("a1", 9_000)])
    desk.put("a", [chunk("a2", 1_048_576), chunk("a3", 100)])
    desk.put("empty", [])
    desk.apply(Delete(path="a"), Delete(path="empty"))
    items = desk.catalogue.files.trash(desk.me, desk.id, None, 10).items
    assert [(one.path, one.size, one.num_chunks, one.content, one.content_hash) for one in items] == [
        ("a", 1_048_676, 2, None, None),
        ("empty", 0, 0, None, None),
    ]


def test_only_the_owner_empties_a_trash(desk: Desk) -> None:
    editor = somebody()
    assert editor.user is not None
    desk.catalogue.members.set(desk.me, desk.id, Member(editor.user, Role.EDITOR))
    desk.apply(Put("a", []), Delete(path="a"))
    with pytest.raises(Forbidden):
        desk.catalogue.buckets.empty_trash(editor, desk.id)
    with pytest.raises(BucketNotFound):
        desk.catalogue.buckets.empty_trash(somebody(), desk.id)
    assert trashed(desk) == ["a"]


def test_a_trash_is_emptied_over_http(door: Door) -> None:
    bucket = door.house.bucket().id
    door.house.plant(bucket, ["a", "b"], deleted=["a"])
    refused = door.problem("DELETE", "/buckets/mine/trash", params={"until": "2026-01-01T00:00:00"})
    assert refused == (422, "invalid")
    emptied = EmptiedWire.model_validate(door.ask("DELETE", "/buckets/mine/trash").json())
    assert (emptied.files, emptied.versions, emptied.is_more) == (1, 1, False)
    assert door.problem("DELETE", "/buckets/mine/trash", params={"file_id": "a"}) == (422, "invalid")
    again = door.ask("DELETE", "/buckets/mine/trash", params={"until": emptied.until.isoformat()}).json()
    assert (again["files"], door.ask("GET", "/buckets/mine/trash").json()["items"]) == (0, [])
