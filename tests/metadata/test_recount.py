"""Counters that drifted are found and put right, while others commit; rows that ended are forgotten, writers never come back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from foundation.blocks import BlockId, BlockName
from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.ids import new_id
from foundation.sql import insert_rows, now
from metadata import (
    Bucket,
    Catalogue,
    CatalogueSettings,
    Delete,
    UploadNotFound,
    UploadState,
)
from metadata.recount import Drift, find_drift, take_off
from metadata.schema import buckets, idempotency_keys, uploads
from tests.metadata.catalogues import Desk, chunks

AT_ONCE = CatalogueSettings(ended_upload_retention=timedelta(0), dead_name_retention=timedelta(0))


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened_database(location) as database:
        yield database


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A bucket with some of everything that counts."""
    desk.put("a", chunks("a", "b"))
    desk.put("a", chunks("c"))
    desk.put("b", chunks("d"))
    desk.put("empty", [])
    desk.apply(Delete(path="b"))
    return desk


def counters(bucket: Bucket) -> tuple[int, ...]:
    return bucket.files, bucket.versions, bucket.logical_bytes, bucket.version_bytes


def make_drift(database: Database, desk: Desk, **by: int) -> None:
    moved = {name: buckets.c[name] + number for name, number in by.items()}
    statement = update(buckets).where(buckets.c.id == desk.bucket.id).values(moved)
    database.write(lambda connection: connection.execute(statement).close())


def recount_all(catalogue: Catalogue) -> int:
    drifted, after = 0, None
    while True:
        after, had = catalogue.collection.recount(after)
        if after is None:
            return drifted
        drifted += had


def test_a_sound_bucket_has_not_drifted(full: Desk) -> None:
    before = full.now()
    assert recount_all(full.catalogue) == 0
    assert full.now() == before


def test_counters_that_drifted_are_put_right(full: Desk, database: Database) -> None:
    right = counters(full.now())
    make_drift(database, full, files=3, versions=-2, logical_bytes=17, version_bytes=-40)
    Desk(full.catalogue)
    assert counters(full.now()) != right
    assert recount_all(full.catalogue) == 1
    assert counters(full.now()) == right
    assert recount_all(full.catalogue) == 0


def test_deleted_buckets_are_recounted_and_so_is_what_is_left_of_them(desk: Desk, database: Database) -> None:
    desk.put_all({f"f{n}": chunks(str(n)) for n in range(4)})
    desk.put("f0", chunks("newer"))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    for _ in range(3):
        desk.catalogue.collection.purge_expired(1)
        assert recount_all(desk.catalogue) == 0
    make_drift(database, desk, files=1)
    assert recount_all(desk.catalogue) == 1


def test_what_is_committed_between_counting_and_putting_right_stays_counted(full: Desk, database: Database) -> None:
    make_drift(database, full, files=5, version_bytes=100)
    drift = database.read(lambda connection: find_drift(connection, None))
    assert drift is not None
    full.put("meanwhile", chunks("e"))
    full.apply(Delete(path="a"))
    assert database.write(lambda connection: take_off(connection, drift))
    assert recount_all(full.catalogue) == 0
    assert full.now().files == 2


def test_two_recounts_at_once_put_a_drift_right_once(full: Desk, database: Database) -> None:
    right = counters(full.now())
    make_drift(database, full, files=5)
    first, second = (database.read(lambda connection: find_drift(connection, None)) for _ in range(2))

    def taken(drift: Drift | None) -> bool:
        assert drift is not None
        return database.write(lambda connection: take_off(connection, drift))

    assert (taken(first), taken(second)) == (True, False)
    assert counters(full.now()) == right


def test_recounting_while_others_commit_never_makes_a_drift(desk: Desk, database: Database) -> None:
    def commit() -> None:
        for n in range(25):
            desk.put(f"f{n % 7}", chunks(f"{n}"))

    drifted = 0
    with ThreadPoolExecutor(1) as threads:
        committing = threads.submit(commit)
        while not committing.done():
            drifted += recount_all(desk.catalogue)
            make_drift(database, desk, logical_bytes=1)
            drifted += recount_all(desk.catalogue) - 1
        committing.result()
    assert drifted == 0
    assert recount_all(desk.catalogue) == 0
    assert counters(desk.now()) == (7, 25, 7 * 5_000, 25 * 5_000)


def test_uploads_that_ended_long_ago_are_forgotten_and_their_writers_never_come_back(
    opened: Callable[..., Catalogue],
) -> None:
    desk = Desk(opened(AT_ONCE))
    committed, aborted, still_open = (desk.open(path, chunks(path)) for path in ("a", "b", "c"))
    sent = {upload.id: desk.send(upload, chunks(path)) for path, upload in (("a", committed), ("b", aborted))}
    desk.commit(committed.id)
    desk.catalogue.uploads.end(desk.me, aborted.id)
    assert desk.catalogue.collection.prune(1) == 1
    assert desk.catalogue.collection.prune() == 1
    assert desk.catalogue.collection.prune() == 0
    for gone in (committed, aborted):
        with pytest.raises(UploadNotFound):
            desk.catalogue.uploads.get(desk.me, gone.id)
    assert desk.catalogue.uploads.get(desk.me, still_open.id).state is UploadState.OPEN
    assert desk.at("a").size == 5_000
    desk.catalogue.uploads.end(desk.me, still_open.id)
    desk.catalogue.collection.prune()
    assert desk.open("d", chunks("d")).writer > still_open.writer
    (registered,) = sent[committed.id]
    orphan = BlockName.new(BlockId.of(b"orphan"), aborted.writer)
    assert desk.catalogue.collection.bury_orphans([registered.name, orphan]) == 1
    assert orphan in desk.catalogue.collection.due_names()


def test_uploads_stay_for_their_time_after_they_ended(desk: Desk, database: Database) -> None:
    upload = desk.open("a", chunks("a"))
    desk.send(upload, chunks("a"))
    database.write(lambda connection: age(connection, uploads.c.active_at, timedelta(days=60)))
    version = desk.commit(upload.id).version
    assert desk.catalogue.collection.prune() == 0
    assert desk.commit(upload.id).version == version
    database.write(lambda connection: age(connection, uploads.c.active_at, timedelta(days=29)))
    assert desk.catalogue.collection.prune() == 0
    database.write(lambda connection: age(connection, uploads.c.active_at, timedelta(days=2)))
    assert desk.catalogue.collection.prune() == 1


def age(connection: Connection, column: Any, by: timedelta) -> None:
    """Put back every time of a column."""
    key = next(iter(column.table.primary_key))
    for id, moment in connection.execute(select(key, column)).all():
        connection.execute(update(column.table).where(key == id).values({column.name: moment - by}))


def test_idempotency_keys_are_forgotten_after_a_day(desk: Desk, database: Database) -> None:
    def plant(connection: Connection) -> None:
        moment = now(connection)
        rows = [
            {
                "user": new_id(),
                "key": f"key {hours}",
                "body_hash": b"",
                "status": 201,
                "answer": "",
                "created_at": moment - timedelta(hours=hours),
            }
            for hours in (1, 23, 25, 26, 400)
        ]
        insert_rows(connection, idempotency_keys, rows)

    database.write(plant)
    assert desk.catalogue.collection.prune(2) == 2
    assert desk.catalogue.collection.prune(2) == 1
    assert desk.catalogue.collection.prune(2) == 0
    query = select(idempotency_keys.c.key).order_by(idempotency_keys.c.key)
    kept = database.read(lambda connection: list(connection.execute(query).scalars()))
    assert kept == ["key 1", "key 23"]


def test_a_catalogue_whose_uploads_are_all_forgotten_is_not_new(opened: Callable[..., Catalogue]) -> None:
    """Else it would make itself a new store where its old one is only not mounted."""
    catalogue = opened(AT_ONCE)
    assert catalogue.is_new()
    desk = Desk(catalogue)
    desk.put("f", chunks("a"))
    assert catalogue.collection.prune() == 1
    assert not catalogue.is_new()
