"""How files stand where they are listed; and since when a part is told to be proved."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation.blocks import BlockName
from foundation.sql import EPOCH
from metadata.batch import Batch, Delete
from metadata.model import BlockState, StoredChunk
from metadata.schema import file_versions
from metadata.sync_schema import sync_events
from metadata.wire import chunk_document
from tests.metadata.catalogues import chunk
from tests.metadata.readers import house
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
