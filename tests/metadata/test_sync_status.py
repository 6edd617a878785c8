"""How files stand where they are listed; and since when a part is told to be proved."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation.authorization import Role
from foundation.blocks import BlockName
from foundation.sql import EPOCH
from metadata.batch import Batch, Delete
from metadata.model import BlockState, Member, StoredChunk
from metadata.schema import file_versions
from metadata.sync_schema import sync_events
from metadata.wire import chunk_document
from tests.metadata.catalogues import chunk
from tests.metadata.readers import house, somebody
from tests.metadata.sync_rows import SyncRows, sync_rows
from tests.metadata.test_api import Door, bucket_id, door

__all__ = ["door", "house"]


@pytest.fixture
def rows(location: str) -> Iterator[SyncRows]:
    with sync_rows(location) as found:
        yield found


def listed(door: Door) -> dict[str, str | None]:
    items = door.ask("GET", "/buckets/mine/files?include=deleted").json()["items"]
    return {item["path"]: item["sync_status"] for item in items}


@pytest.mark.parametrize("most_read", [1_000, 0])
def test_a_list_tells_how_each_file_stands(
    door: Door, rows: SyncRows, monkeypatch: pytest.MonkeyPatch, most_read: int
) -> None:
    monkeypatch.setattr("metadata.list_statuses._MOST_READ", most_read)
    bucket = bucket_id(door)
    made = {version.path: version for version in door.house.put(bucket, *"abcd")}
    assert listed(door) == dict.fromkeys("abcd", "pending")
    for path, status in (("a", "completed"), ("b", "failed"), ("c", "completed")):
        rows.set(sync_events, sync_events.c.version == made[path].version_id, status=status)
        rows.set(file_versions, file_versions.c.id == made[path].version_id, verified_at=rows.now())
    assert listed(door) == {"a": "completed", "b": "failed", "c": "completed", "d": "pending"}
    door.house.commits.apply(door.house.me, Batch(str(bucket), [Delete(path="a")]))
    door.house.put(bucket, "b")
    found = listed(door)
    assert (found["b"], found["c"], found["d"]) == ("pending", "completed", "pending")
    rows.all_events("completed")
    rows.set(file_versions, file_versions.c.content.is_not(None), verified_at=rows.now())
    assert listed(door) == dict.fromkeys("abcd", "completed")


def test_of_several_events_of_a_version_the_newest_counts(door: Door, rows: SyncRows) -> None:
    (made,) = door.house.put(bucket_id(door), "f")
    rows.all_events("failed")
    later = {"created_at": rows.now() + timedelta(hours=1), "status": "completed"}
    common = {"bucket": made.bucket_id, "owner": door.house.me.user, "type": "file.moved", "updated_at": rows.now()}
    due = {"id": made.file_id, "file": made.file_id, "version": made.version_id, "next_attempt_at": rows.now()}
    assert listed(door) == {"f": "failed"}
    rows.add(sync_events, **common, **due, **later)
    assert listed(door) == {"f": None}
    rows.set(file_versions, file_versions.c.id == made.version_id, verified_at=rows.now())
    assert listed(door) == {"f": "completed"}


def test_a_files_record_tells_how_it_stands(door: Door, rows: SyncRows) -> None:
    (made,) = door.house.put(bucket_id(door), "f")
    for status in ("processing", "failed", "completed"):
        rows.all_events(status)
        assert door.ask("GET", f"/files/{made.file_id}").json()["sync_status"] == status
    rows.set(sync_events, sync_events.c.file == made.file_id, file=made.version_id)
    assert door.ask("GET", f"/files/{made.file_id}").json()["sync_status"] is None


def test_a_row_says_why_a_file_failed_and_how_far_its_check_is(door: Door, rows: SyncRows) -> None:
    made = {version.path: version for version in door.house.put(bucket_id(door), *"abc")}
    unfinished = {
        "a": {"error": "parts-missing", "reason": "2 parts are missing from the store.", "missing_chunks": 2},
        "b": {"error": None, "reason": None, "missing_chunks": None},
    }
    share = {"chunks_verified": 41, "total_chunks": 100}
    for path, status in (("a", "failed"), ("b", "processing"), ("c", "completed")):
        of_version = sync_events.c.version == made[path].version_id
        rows.set(sync_events, of_version, status=status, **unfinished.get(path, {}), **share)
        rows.set(file_versions, file_versions.c.id == made[path].version_id, verified_at=rows.now())
    expected = {path: said | share for path, said in unfinished.items()} | {"c": None}
    for url in ("/buckets/mine/files", "/search?bucket=mine"):
        assert {item["path"]: item["sync"] for item in door.ask("GET", url).json()["items"]} == expected
    for path, version in made.items():
        assert door.ask("GET", f"/files/{version.file_id}").json()["sync"] == expected[path]


def test_where_many_wait_a_row_tells_how_many_parts_wait(
    door: Door, rows: SyncRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metadata.list_statuses._MOST_READ", 1)
    bucket = bucket_id(door)
    made = door.house.put(bucket, *"abc")
    rows.set(sync_events, sync_events.c.version == made[0].version_id, status="processing", total_chunks=7)
    found = door.ask("GET", "/search?bucket=mine").json()["items"]
    assert [item["sync_status"] for item in found] == ["processing", "pending", "pending"]
    assert [item["sync"]["total_chunks"] for item in found] == [7, 0, 0]


def test_what_is_shared_is_told_to_members_and_to_nobody_else(door: Door, rows: SyncRows) -> None:
    bucket, member = bucket_id(door), somebody()
    (made,) = door.house.put(bucket, "f")
    rows.all_events("failed", error="parts-damaged")
    assert member.user is not None
    records, listed = door.house.parts.sync_records, {made.version_id: made.file_id}
    assert records.open_checks(member, listed).by_version == {}
    door.house.members.set(door.house.me, str(bucket), Member(member.user, Role.VIEWER))
    for caller in (door.house.me, member):
        assert records.open_checks(caller, listed).by_version[made.version_id].error == "parts-damaged"
        (item,) = door.ask("GET", "/search?q=f", caller).json()["items"]
        assert item["sync"]["error"] == "parts-damaged"


def test_a_part_is_never_told_to_be_proved_before_its_version_was_made(door: Door) -> None:
    (version,) = door.house.put(bucket_id(door), "f")
    name = BlockName.new(chunk("a").id, 1)
    for at, told in (
        (EPOCH, version.created_at),
        (version.created_at + timedelta(days=1), version.created_at + timedelta(days=1)),
        (None, None),
    ):
        stored = StoredChunk(0, 0, 1, name.id, name, 0, BlockState.STORED, at)
        assert chunk_document(stored, version)["verified_at"] == told
