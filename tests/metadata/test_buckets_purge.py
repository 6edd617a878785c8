"""Deleted buckets and what is past its time: gone in slices, whatever is large, whoever dies, whoever else writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, Table, event, func, insert, select, update

from foundation.authorization import Role
from foundation.blocks import MIB
from foundation.database import Database
from foundation.database import opened as opened_database
from foundation.sql import database_now
from metadata import (
    BlockState,
    BucketNotFound,
    Catalogue,
    CatalogueSettings,
    Delete,
    Member,
    NewBucket,
    Versioning,
    open_catalogue,
)
from metadata.deleted_buckets import take_back
from metadata.schema import (
    blocks,
    buckets,
    candidates,
    changes,
    contents,
    file_chunks,
    file_versions,
    files,
    members,
)
from metadata.sync_schema import sync_events, verify_requests
from tests.metadata.catalogues import Desk, chunks, somebody
from tests.metadata.killed_child import kill_in_slice
from tests.metadata.purge_child import SLICE
from tests.metadata.test_members import wait_for_a_waiter

LEAN = NewBucket(name="lean", versioning=Versioning.OFF, trash_days=1)
SMALL = CatalogueSettings(dead_name_retention=timedelta(0), collect_chunks=4)


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened_database(location) as database:
        yield database


def test_who_purges_is_told_of_each_bucket_that_is_given_up_and_of_none_that_can_be_taken_back(location: str) -> None:
    rung: list[bool] = []
    with closing(open_catalogue(location, purge_bucket=lambda: rung.append(True))) as catalogue:
        for number, (recursive, purge) in enumerate([(False, False), (True, False), (False, True), (True, True)]):
            desk = Desk(catalogue)
            catalogue.buckets.delete(desk.me, desk.id, recursive=recursive, purge=purge)
            assert len(rung) == max(0, number - 1)
        deleted = Desk(catalogue)
        catalogue.buckets.delete(deleted.me, deleted.id, recursive=True)
        catalogue.buckets.delete(deleted.me, deleted.id, recursive=True, purge=True)
        assert len(rung) == 3
        with pytest.raises(BucketNotFound):
            catalogue.buckets.delete(deleted.me, "absent", recursive=True, purge=True)
    assert len(rung) == 3


def make_due(database: Database) -> None:
    """Let all retention be over."""
    for table in (buckets, file_versions):
        past = update(table).where(table.c.purge_after.is_not(None)).values(purge_after=table.c.created_at)
        database.write(lambda connection, past=past: connection.execute(past).close())  # type: ignore[misc]


def number(database: Database, table: Table) -> int:
    return database.read(lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one())


@contextmanager
def statements() -> Iterator[list[str]]:
    """What this process writes, as it is sent to the database: one list for each transaction that wrote."""
    sent: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", remember)


def test_a_deleted_bucket_leaves_nothing_but_its_journal(database: Database, opened: Callable[..., Catalogue]) -> None:
    desk = Desk(opened(SMALL))
    for n in range(5):
        desk.put(f"f{n}", chunks(str(n), "same"), tags={"colour": "red"}, description="a stone")
    desk.put("f0", chunks("newer"))
    desk.apply(Delete(path="f1"))
    desk.catalogue.members.set(desk.me, desk.id, Member(somebody().user, Role.VIEWER))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    while desk.catalogue.collection.purge_expired(2):
        pass
    for collect in (desk.catalogue.collection.collect_contents, desk.catalogue.collection.collect_blocks):
        after: int | None = 0
        while after is not None:
            after = collect(after).last
    left = (buckets, members, files, file_versions, contents, file_chunks, blocks, candidates)
    assert {table.name: number(database, table) for table in left} == {table.name: 0 for table in left}
    assert number(database, changes) == 11
    assert len({name.id for name in desk.catalogue.collection.due_names()}) == 7


def test_the_events_of_a_purged_buckets_files_go_with_them_and_those_that_count_stay(
    database: Database, opened: Callable[..., Catalogue]
) -> None:
    desk, other = Desk(opened(SMALL)), Desk(opened(SMALL))
    other.put("kept", chunks("kept"))
    files_purged = [desk.put(name, chunks(name)).version.file_id for name in ("p", "q")]
    desk.catalogue.files.purge(desk.me, files_purged[0], None)
    for n in range(5):
        desk.put("often", chunks(str(n)))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    asked = insert(verify_requests).values(bucket=desk.bucket.id, at=database_now())
    database.write(lambda connection: connection.execute(asked).close())
    slices = 0
    while desk.catalogue.collection.purge_expired(2):
        slices += 1
    assert slices >= 4  # of a file's events, no more are taken at once than of its versions
    columns = sync_events.c
    query = select(columns.type).where(columns.bucket == desk.bucket.id).order_by(columns.id)
    left = database.read(lambda connection: connection.execute(query).scalars().all())
    # What the purged file was before is told by events that nobody finds by a file's row: they go when they are old.
    assert left == ["bucket.created", "file.created", "file.purged", "bucket.deleted"]
    assert number(database, verify_requests) == 0
    assert number(database, sync_events) == 4 + 2


def test_what_is_left_of_a_bucket_is_told_while_it_is_purged(desk: Desk, database: Database) -> None:
    for n in range(3):
        desk.put(f"f{n}", chunks(str(n)))
    desk.put("f0", chunks("newer"))
    desk.apply(Delete(path="f1"))
    get = desk.catalogue.buckets.get
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    waiting = get(desk.me, desk.id, deleted=True)
    assert not waiting.is_purging
    assert waiting.deleted_at
    assert waiting.restorable_until
    assert waiting.restorable_until - waiting.deleted_at == timedelta(days=30)
    make_due(database)
    left = []
    while desk.catalogue.collection.purge_expired(1):
        try:
            now = get(desk.me, desk.id, deleted=True)
        except BucketNotFound:
            break
        assert now.is_purging
        left.append((now.files, now.versions, now.logical_bytes, now.version_bytes))
    assert left == sorted(left, reverse=True)
    assert left[-1] == (0, 0, 0, 0)
    assert len(set(left)) > 3


def test_a_slice_takes_no_more_files_than_it_may(desk: Desk, database: Database) -> None:
    desk.put_all({f"f{n}": [] for n in range(25)})
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    before, slices = number(database, files), 0
    while desk.catalogue.collection.purge_expired(10):
        after = number(database, files)
        assert before - after <= 10
        before, slices = after, slices + 1
    assert slices == 4


def test_a_purge_that_waits_for_the_one_who_takes_the_bucket_back_takes_nothing(desk: Desk, database: Database) -> None:
    """Its time was not over when the restore began, and is when the purge does."""
    file = desk.put("f", chunks("a")).version
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    purged: list[int] = []
    purging = threading.Thread(target=lambda: purged.append(desk.catalogue.collection.purge_expired()))
    row = buckets.c.id == desk.bucket.id

    def take_it_back(connection: Connection) -> None:
        connection.execute(select(buckets.c.id).where(row).with_for_update(key_share=True)).all()
        purging.start()
        if not database.is_sqlite:
            wait_for_a_waiter(database)
        take_back(connection, desk.bucket.id, None)

    make_due(database)
    database.write(take_it_back)
    purging.join()
    assert purged == [0]
    assert desk.at("f").version_id == file.version_id


def test_others_commit_between_the_slices_of_a_purge(desk: Desk, database: Database) -> None:
    other = Desk(desk.catalogue)
    desk.put_all({f"f{n}": chunks(str(n)) for n in range(9)})
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    done = 0
    while desk.catalogue.collection.purge_expired(2):
        other.put(f"g{done}", chunks("1"))  # a block of the purged ones, too
        done += 1
    assert other.now().files == done > 4
    assert other.at("g0").size == 5_000


@pytest.mark.parametrize("when", [1, 3])
def test_a_purge_that_was_killed_goes_on_where_it_was(desk: Desk, database: Database, location: str, when: int) -> None:
    desk.put_all({f"f{n:03}": chunks(str(n)) for n in range(60)})
    other = Desk(desk.catalogue)
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    kill_in_slice("tests.metadata.purge_child", location, when)
    left = number(database, files)
    assert left in {60 - when * SLICE, 60 - (when + 1) * SLICE}
    bucket = desk.catalogue.buckets.get(desk.me, desk.id, deleted=True)
    assert (bucket.files, bucket.versions) == (left, left)
    other.put("meanwhile", chunks("1"))
    while desk.catalogue.collection.purge_expired(SLICE):
        pass
    assert number(database, files) == 1
    assert other.at("meanwhile").num_chunks == 1


def test_a_version_with_many_chunks_expires_without_a_write_that_looks_at_them(
    database: Database, opened: Callable[..., Catalogue]
) -> None:
    desk = Desk(opened(SMALL), new=LEAN)
    plan = chunks(*"abcdefghijklmnop", "a", "b", "last")
    upload = desk.open("big", plan)
    sent = desk.send(upload, list(dict.fromkeys(plan)))
    desk.commit(upload.id)
    desk.put("other", chunks("a", "x"))
    desk.catalogue.blocks.judge({sent[2].name: BlockState.MISSING})
    desk.apply(Delete(path="big"))
    make_due(database)
    with statements() as seen:
        assert desk.catalogue.collection.purge_expired() >= 1
    begun = [
        n for n, statement in enumerate(seen) if statement.lstrip().upper().startswith(("DELETE", "INSERT", "UPDATE"))
    ]
    assert begun
    assert not [statement for statement in seen[begun[0] :] if "file_chunks" in statement]
    while desk.catalogue.collection.purge_expired():
        pass
    query = select(sync_events.c.deleted_chunks, sync_events.c.failed_chunks).where(sync_events.c.type == "file.purged")
    found = database.read(lambda connection: connection.execute(query.order_by(sync_events.c.id)).all())
    # 17 different blocks: one is kept by another file, one was missing.
    assert [tuple(row) for row in found] == [(15, 1), (0, 0)]
    assert desk.now().version_bytes == MIB + 5_000
    pages, after = 0, 0
    while (page := desk.catalogue.collection.collect_contents(after)).last is not None:
        after, pages = page.last, pages + 1
    assert pages >= len(plan) // SMALL.collect_chunks


def test_a_file_with_many_chunks_is_purged_without_a_write_that_looks_at_them(
    database: Database, opened: Callable[..., Catalogue]
) -> None:
    desk = Desk(opened(SMALL))
    plan = chunks(*"abcdefghijklmnop", "a", "b", "last")
    upload = desk.open("big", plan)
    sent = desk.send(upload, list(dict.fromkeys(plan)))
    first = desk.commit(upload.id).version
    desk.put("big", chunks("a", "b", "other"))
    desk.put("kept", chunks("a", "x"))
    desk.catalogue.blocks.judge({sent[2].name: BlockState.MISSING})
    with statements() as seen:
        purged = desk.catalogue.files.purge(desk.me, first.file_id, None)
    # Of 18 different blocks one is kept by another file, and one was missing.
    assert (purged.versions, purged.deleted_chunks, purged.kept_chunks, purged.failed_chunks) == (2, 16, 1, 1)
    writes = [n for n, one in enumerate(seen) if one.lstrip().upper().startswith(("DELETE", "INSERT", "UPDATE"))]
    assert writes
    assert not [one for one in seen[writes[0] :] if "file_chunks" in one]
    query = select(sync_events.c.total_chunks, sync_events.c.deleted_chunks).where(sync_events.c.type == "file.purged")
    assert tuple(database.read(lambda connection: connection.execute(query).one())) == (18, 16)


def test_many_short_versions_expire_in_slices_of_bounded_chunks(
    database: Database, opened: Callable[..., Catalogue]
) -> None:
    desk = Desk(opened(SMALL), new=LEAN)
    for n in range(6):
        desk.put("f", chunks(f"{n}a", f"{n}b"))
    make_due(database)
    assert [desk.catalogue.collection.purge_expired() for _ in range(4)] == [2, 2, 1, 0]
    assert desk.now().versions == 1


def test_a_file_leaves_the_trash_after_all_its_versions(database: Database, opened: Callable[..., Catalogue]) -> None:
    """Even those that are kept longer than its delete marker, because retention was longer when they were superseded."""
    desk = Desk(opened(SMALL), new=LEAN)
    for n in range(5):
        desk.put("f", chunks(f"{n}a", f"{n}b"))
    desk.apply(Delete(path="f"))
    marker = update(file_versions).where(file_versions.c.content.is_(None))
    due = marker.values(purge_after=file_versions.c.created_at)
    database.write(lambda connection: connection.execute(due).close())
    assert [desk.catalogue.collection.purge_expired() for _ in range(4)] == [2, 2, 2, 0]
    assert number(database, files) == 0
    assert desk.now().version_bytes == 0
