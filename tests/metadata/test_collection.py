"""Collection: what nobody needs goes, and nothing else; purges tell what they took."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from foundation.blocks import BlockId, BlockName
from foundation.database import opened as opened_database
from foundation.ids import new_id
from foundation.problems import Forbidden, Invalid, PreconditionFailed
from foundation.sql import insert_rows, now
from metadata import (
    BlockState,
    BucketChanges,
    Catalogue,
    CatalogueSettings,
    Delete,
    FileNotFound,
    NewBucket,
    Precondition,
    Purged,
    Restore,
    VersionConflict,
    Versioning,
)
from metadata.schema import backup_holds
from tests.metadata.catalogues import Desk, chunks, somebody

AT_ONCE = CatalogueSettings(dead_name_retention=timedelta(0), upload_expiry=timedelta(0))


@pytest.fixture
def hasty(opened: Callable[[CatalogueSettings], Catalogue]) -> Catalogue:
    """Without any retention."""
    return opened(AT_ONCE)


def collect(catalogue: Catalogue) -> int:
    """Both passes to the end; how many blocks went."""
    after: int | None = 0
    while after is not None:
        after = catalogue.collection.collect_contents(after).last
    removed, after = 0, 0
    while after is not None:
        page = catalogue.collection.collect_blocks(after)
        removed, after = removed + page.removed, page.last
    return removed


def test_a_purged_files_blocks_go_and_their_names_are_dead(desk: Desk, hasty: Catalogue) -> None:
    plan = chunks("a", "b", "a", "c")
    upload = desk.open("f", plan)
    blocks = desk.send(upload, plan[:2] + plan[3:])
    file = desk.commit(upload.id).version.file_id
    assert desk.catalogue.files.purge(desk.me, file, None) == Purged(1, 3, 0, 0, 2 * plan[0].size + 5_000)
    assert collect(hasty) == 3
    due = hasty.collection.due_names(10)
    assert set(due) == {block.name for block in blocks}
    assert hasty.collection.forget(due) == sum(chunk.size for chunk in (plan[0], plan[1], plan[3]))
    assert hasty.collection.due_names(10) == []
    assert hasty.collection.forget(due) == 0
    with pytest.raises(FileNotFound):
        desk.at("f")


def test_a_file_that_is_another_by_now_is_not_purged(desk: Desk) -> None:
    file = desk.put("f", chunks("a")).version
    after = desk.put("f", chunks("b")).version
    for stale in (Precondition(if_match=(file.etag,)), Precondition(has_base=True, base_version=file.version_id)):
        with pytest.raises((PreconditionFailed, VersionConflict)):
            desk.catalogue.files.purge(desk.me, file.file_id, None, stale)
    assert desk.at("f") == after
    assert desk.catalogue.files.purge(desk.me, file.file_id, None, Precondition(if_match=(after.etag,))).versions == 2


def test_what_another_version_has_is_kept_and_counted_so(desk: Desk, hasty: Catalogue) -> None:
    file = desk.put("f", chunks("a", "b")).version.file_id
    desk.put("g", chunks("a", "x"))
    purged = desk.catalogue.files.purge(desk.me, file, None)
    assert (purged.deleted_chunks, purged.kept_chunks, purged.freed_bytes) == (1, 1, 5_000)
    assert collect(hasty) == 1
    assert desk.at("g").num_chunks == 2


def test_figures_do_not_tell_what_others_have(desk: Desk, hasty: Catalogue) -> None:
    file = desk.put("f", chunks("a")).version.file_id
    other = Desk(desk.catalogue)
    other.put("g", chunks("a"))
    assert desk.catalogue.files.purge(desk.me, file, None).deleted_chunks == 1
    assert collect(hasty) == 0
    assert other.at("g").size == 5_000


def test_a_damaged_block_counts_as_failed(desk: Desk) -> None:
    upload = desk.open("f", chunks("a"))
    (block,) = desk.send(upload, chunks("a"))
    file = desk.commit(upload.id).version.file_id
    desk.catalogue.blocks.judge({block.name: BlockState.MISSING})
    assert desk.catalogue.files.purge(desk.me, file, None) == Purged(1, 0, 0, 1, 0)


def test_one_old_version_is_purged_and_the_current_one_is_not(desk: Desk) -> None:
    first = desk.put("f", chunks("a")).version
    second = desk.put("f", chunks("b")).version
    with pytest.raises(Invalid):
        desk.catalogue.files.purge(desk.me, second.file_id, second.version_id)
    assert desk.catalogue.files.purge(desk.me, first.file_id, first.version_id).versions == 1
    assert desk.now().versions == 1
    assert desk.journal()[-1] == (3, "file.purged", "f")


def test_only_the_owner_purges(desk: Desk) -> None:
    file = desk.put("f", []).version.file_id
    with pytest.raises(FileNotFound):
        desk.catalogue.files.purge(somebody(), file, None)
    reader = type(desk.me)(desk.me.user, desk.me.device, frozenset({"files:read"}))
    with pytest.raises(Forbidden):
        desk.catalogue.files.purge(reader, file, None)


def test_a_content_of_many_chunks_goes_in_slices(desk: Desk, opened: Callable[[CatalogueSettings], Catalogue]) -> None:
    sliced = opened(CatalogueSettings(collect_chunks=3, dead_name_retention=timedelta(0)))
    file = desk.put("f", chunks(*"abcdefghij")).version.file_id
    desk.put("g", chunks(*"xy"))
    desk.catalogue.files.purge(desk.me, file, None)
    pages, after = 0, 0
    while (page := sliced.collection.collect_contents(after)).last is not None:
        after, pages = page.last, pages + 1
    assert pages == 4
    assert collect(sliced) == 10
    assert desk.at("g").num_chunks == 2


def test_an_open_uploads_blocks_stay_until_it_ends(desk: Desk, hasty: Catalogue) -> None:
    desk.send(upload := desk.open("f", chunks("a")), chunks("a"))
    assert hasty.collection.nominate_unreferenced(None) == (chunks("a")[0].id, 0)
    assert collect(hasty) == 0
    assert hasty.collection.expire_uploads() == 1
    assert collect(hasty) == 1
    assert desk.catalogue.uploads.get(desk.me, upload.id).received_bytes == 0


def test_a_backup_keeps_dead_names(desk: Desk, hasty: Catalogue, location: str) -> None:
    desk.send(upload := desk.open("f", chunks("a")), chunks("a"))
    desk.catalogue.uploads.end(desk.me, upload.id)
    collect(hasty)
    with opened_database(location) as database:

        def hold(connection: object) -> None:
            moment = now(connection)  # type: ignore[arg-type]
            row = {"id": new_id(), "snapshot_at": moment, "lease_until": moment + timedelta(hours=1)}
            insert_rows(connection, backup_holds, [row])  # type: ignore[arg-type]

        assert len(hasty.collection.due_names()) == 1
        database.write(hold)
    assert hasty.collection.due_names() == []


def test_orphans_are_names_that_nobody_can_still_register(desk: Desk, hasty: Catalogue) -> None:
    upload, ended = desk.open("f", chunks("a")), desk.basket()
    (registered,) = desk.send(upload, chunks("a"))
    desk.catalogue.uploads.end(desk.me, ended.id)
    id = BlockId.of(b"orphan")
    waiting, orphan = BlockName.new(id, upload.writer), BlockName.new(id, ended.writer)
    unknown = BlockName.new(id, 10**9)
    names = [registered.name, waiting, orphan, unknown]
    assert hasty.collection.bury_orphans(names) == 2
    assert hasty.collection.bury_orphans(names) == 0
    assert set(hasty.collection.due_names()) == {orphan, unknown}


def test_what_is_past_its_time_goes_by_itself(desk: Desk, catalogue: Catalogue, location: str) -> None:
    lean = Desk(catalogue, new=NewBucket(name="lean", versioning=Versioning.OFF, trash_days=1))
    first = lean.put("f", chunks("a")).version
    lean.put("f", chunks("b"))
    gone = lean.put("gone", chunks("c")).version
    lean.apply(Delete(path="gone"))
    assert catalogue.collection.purge_expired() == 0
    make_due(location)
    assert catalogue.collection.purge_expired() == 3
    assert catalogue.collection.purge_expired() == 0
    bucket = lean.now()
    assert (bucket.files, bucket.versions, bucket.version_bytes) == (1, 1, 5_000)
    with pytest.raises(FileNotFound):
        lean.apply(Restore(gone.file_id))
    assert [kind for _, kind, _ in lean.journal()][-2:] == ["file.purged", "file.purged"]
    assert first.file_id == lean.at("f").file_id


def test_a_deleted_bucket_goes_in_slices_when_its_time_is_over(desk: Desk, hasty: Catalogue, location: str) -> None:
    for n in range(3):
        desk.put(f"f{n}", chunks(str(n)))
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    make_due(location)
    slices = 0
    while hasty.collection.purge_expired(2):
        slices += 1
    assert slices == 3
    assert collect(hasty) == 3


def make_due(location: str) -> None:
    """Let all retention be over."""
    from sqlalchemy import update

    from metadata.schema import buckets, file_versions

    with opened_database(location) as database:
        for table in (buckets, file_versions):
            past = update(table).where(table.c.purge_after.is_not(None)).values(purge_after=table.c.created_at)
            database.write(lambda connection, past=past: connection.execute(past).close())  # type: ignore[misc]


def test_what_slipped_is_found_by_reconcile(desk: Desk, hasty: Catalogue, location: str) -> None:
    from sqlalchemy import delete

    from metadata.schema import candidates

    file = desk.put("f", chunks("a")).version.file_id
    desk.catalogue.files.purge(desk.me, file, None)
    with opened_database(location) as database:
        database.write(lambda connection: connection.execute(delete(candidates)).close())
    assert collect(hasty) == 0
    last, nominated = hasty.collection.nominate_unreferenced(None)
    assert nominated == 1
    assert hasty.collection.nominate_unreferenced(last) == (None, 0)
    assert collect(hasty) == 1


@pytest.mark.parametrize("trash_days", [0, 30])
def test_versions_that_were_promised_to_stay_outlive_a_change_of_the_promise(
    catalogue: Catalogue, trash_days: int
) -> None:
    desk = Desk(catalogue)
    file = desk.put("f", chunks("first")).version.file_id
    first = desk.at("f").version_id
    desk.put("f", chunks("second"))
    changes = BucketChanges(versioning=Versioning.SUSPENDED, trash_days=trash_days)
    catalogue.buckets.update(desk.me, desk.id, changes)
    desk.apply(Delete(path="f"))
    while catalogue.collection.purge_expired():
        pass
    kept = catalogue.files.versions(desk.me, file, None, 10).items
    assert first in {version.version_id for version in kept}
    assert desk.apply(Restore(file, first))[0].version.size == 5_000
