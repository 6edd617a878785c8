"""Batches: operations on one bucket, all or nothing."""

from uuid import uuid4

import pytest

from foundation.problems import Invalid
from metadata import (
    BlocksMissing,
    Catalogue,
    ChangeKind,
    Delete,
    FileNotFound,
    MakeFolder,
    Move,
    NewBucket,
    PathTaken,
    Precondition,
    Put,
    Restore,
    VersionConflict,
    Versioning,
    VersionNotFound,
)
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.counting import counted, recounted


def test_a_thousand_small_files_are_one_range_of_the_journal(desk: Desk) -> None:
    files = {f"d{n % 7}/f{n}": [chunk(str(n))] for n in range(1_000)}
    results = desk.put_all(files)
    assert [result.sequence for result in results] == list(range(1, 1_001))
    assert desk.at("d3/f10") == results[10].version
    assert counted(desk) == recounted(desk) == (1_000, 1_000, 5_000_000, 5_000_000)


def test_all_or_nothing_and_every_conflict_is_named(desk: Desk) -> None:
    desk.put("taken", chunks("a"))
    with pytest.raises(PathTaken) as refused:
        desk.put_all({"taken/x": [], "free": [chunk("b")], "taken/y": []})
    conflicts = refused.value.members["conflicts"]
    assert [(one["operation"], one["problem"]) for one in conflicts] == [(0, "path-taken"), (2, "path-taken")]
    assert len(desk.journal()) == 1


def test_a_batch_is_repeated_by_its_upload(desk: Desk) -> None:
    upload = desk.basket([chunk("a")])
    operations = (Put("f", [chunk("a")], tags={"k": "v"}), MakeFolder("d"))
    first = desk.apply(*operations, upload=upload.id)
    assert desk.apply(*operations, upload=upload.id) == first
    with pytest.raises(Invalid):
        desk.apply(Put("g", []), upload=upload.id)
    assert len(desk.journal()) == 2


def test_chunks_that_neither_the_upload_nor_the_caller_holds_are_missing(desk: Desk) -> None:
    desk.put("f", [chunk("a")])
    stranger = Desk(desk.catalogue)
    for upload in (None, stranger.basket().id):
        with pytest.raises(BlocksMissing):
            stranger.apply(Put("g", [chunk("a")]), upload=upload)


def test_chunks_that_the_caller_holds_need_no_upload(desk: Desk) -> None:
    desk.put("f", [chunk("a")])
    for path, upload in (("g", None), ("h", desk.basket().id)):
        (made,) = desk.apply(Put(path, [chunk("a")]), upload=upload)
        assert made.version.content_hash == desk.at("f").content_hash


def test_two_puts_on_one_path_are_two_versions(desk: Desk) -> None:
    upload = desk.basket([chunk("a"), chunk("b")])
    first, second = desk.apply(Put("f", [chunk("a")]), Put("f", [chunk("b")]), upload=upload.id)
    assert first.version.file_id == second.version.file_id
    assert desk.at("f").version_id == second.version.version_id
    assert (first.created, second.created) == (True, False)


@pytest.mark.parametrize("paths", [("a", "a/b"), ("a/b", "a"), ("a", "a/"), ("a/b/c", "a/b")])
def test_files_and_folders_of_one_batch_do_not_share_a_path(desk: Desk, paths: tuple[str, str]) -> None:
    with pytest.raises(PathTaken):
        desk.apply(*(Put(path, []) for path in paths))
    desk.apply(Put(paths[0], []))
    with pytest.raises(PathTaken):
        desk.apply(Put(paths[1], []))


def test_a_deleted_file_no_longer_stands_in_the_way(desk: Desk) -> None:
    desk.put("a", [])
    desk.apply(Delete(path="a"), Put("a/b", []))
    assert desk.at("a/b").size == 0


def test_a_deleted_file_is_in_the_trash_and_comes_back(desk: Desk) -> None:
    version = desk.put("f", chunks("a"), tags={"k": "v"}).version
    (deleted,) = desk.apply(Delete(path="f"))
    assert deleted.version.content is None
    with pytest.raises(FileNotFound):
        desk.at("f")
    (marker,) = desk.catalogue.files.trash(desk.me, desk.id, None, 10).items
    assert marker.version_id == deleted.version.version_id
    (restored,) = desk.apply(Restore(version.file_id))
    assert desk.at("f") == restored.version
    assert (restored.version.content, restored.version.tags) == (version.content, {"k": "v"})
    assert [kind for _, kind, _ in desk.journal()] == ["file.created", "file.deleted", "file.restored"]
    assert counted(desk) == recounted(desk)


def test_a_put_on_a_path_in_the_trash_revives_the_file(desk: Desk) -> None:
    old = desk.put("f", chunks("a")).version
    desk.apply(Delete(file_id=old.file_id))
    result = desk.put("f", chunks("b"))
    assert result.created
    assert result.version.file_id == old.file_id
    assert counted(desk) == recounted(desk)


def test_restore_onto_a_taken_path_needs_another(desk: Desk) -> None:
    old = desk.put("f", chunks("a")).version
    desk.apply(Delete(path="f"), Put("g", []), Move(to="f", path="g"))
    with pytest.raises(PathTaken):
        desk.apply(Restore(old.file_id))
    (result,) = desk.apply(Restore(old.file_id, to="elsewhere/f"))
    assert result.version.path == "elsewhere/f"


def test_an_old_version_becomes_current_again(desk: Desk) -> None:
    first = desk.put("f", chunks("a")).version
    second = desk.put("f", chunks("b")).version
    (result,) = desk.apply(Restore(first.file_id, first.version_id))
    assert (result.version.content, result.created) == (first.content, False)
    (same,) = desk.apply(Restore(first.file_id, result.version.version_id))
    assert same.sequence is None
    with pytest.raises(VersionNotFound):
        desk.apply(Restore(first.file_id, uuid4()))
    with pytest.raises(Invalid):
        desk.apply(Restore(first.file_id))
    assert counted(desk) == recounted(desk)
    assert second.file_id == first.file_id


def test_a_move_keeps_the_file_and_its_version(desk: Desk) -> None:
    version = desk.put("a/b", chunks("a")).version
    (moved,) = desk.apply(Move(to="a", path="a/b"))
    assert (moved.version.file_id, moved.version.version_id) == (version.file_id, version.version_id)
    (back,) = desk.apply(Move(to="a/b", file_id=version.file_id))
    assert desk.at("a/b") == back.version
    (same,) = desk.apply(Move(to="a/b", file_id=version.file_id))
    assert same.sequence is None
    changes = desk.catalogue.journals.read(desk.me, desk.id, 1, 10).items
    assert [(one.kind, one.old_path, one.path) for one in changes] == [
        (ChangeKind.FILE_MOVED, "a/b", "a"),
        (ChangeKind.FILE_MOVED, "a", "a/b"),
    ]


def test_a_move_does_not_overwrite(desk: Desk) -> None:
    desk.put("f", [])
    desk.put("g", [])
    for to in ("g", "g/below"):
        with pytest.raises(PathTaken):
            desk.apply(Move(to=to, path="f"))


def test_a_folder_is_made_once(desk: Desk) -> None:
    first, again = desk.apply(MakeFolder("a/b"), MakeFolder("a/b/"))
    assert first.version.path == "a/b/"
    assert (again.version.version_id, again.sequence) == (first.version.version_id, None)
    with pytest.raises(PathTaken):
        desk.apply(Put("a/b", []))


def test_a_lost_race_is_a_conflict(desk: Desk) -> None:
    first = desk.put("f", chunks("a")).version
    second = desk.put("f", chunks("b")).version
    stale = Precondition(True, first.version_id)
    for operation in (
        Put("f", [], stale),
        Delete(path="f", precondition=stale),
        Move(to="g", path="f", precondition=stale),
    ):
        with pytest.raises(VersionConflict) as refused:
            desk.apply(operation)
        assert refused.value.members["current"]["version_id"] == str(second.version_id)


def test_a_base_sequence_refuses_what_changed_after_it(desk: Desk) -> None:
    desk.put("f", [])
    base = desk.now().sequence
    desk.put("other", [])
    desk.apply(Put("f", []), base_sequence=base)
    with pytest.raises(VersionConflict) as refused:
        desk.apply(Put("f", []), base_sequence=base)
    assert refused.value.members["conflicts"] == [{"path": "f", "problem": "version-conflict"}]


@pytest.mark.parametrize(
    ("versioning", "keep_days", "days"),
    [(Versioning.ON, None, None), (Versioning.ON, 5, 5), (Versioning.OFF, None, 30), (Versioning.SUSPENDED, 5, 30)],
)
def test_what_is_superseded_is_kept_as_the_bucket_says(
    catalogue: Catalogue, versioning: Versioning, keep_days: int | None, days: int | None
) -> None:
    desk = Desk(catalogue, new=NewBucket(name="kept", versioning=versioning, keep_days=keep_days))
    first = desk.put("f", chunks("a")).version
    second = desk.put("f", chunks("b")).version
    old = desk.catalogue.files.get(desk.me, first.file_id, first.version_id)
    assert second.purge_after is None
    if days is None:
        assert old.purge_after is None
    else:
        assert old.purge_after is not None
        assert (old.purge_after - second.created_at).days == days


def test_without_trash_the_old_goes_in_the_same_transaction(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="lean", versioning=Versioning.OFF, trash_days=0))
    first = desk.put("f", chunks("a")).version
    desk.put("f", chunks("b"))
    assert counted(desk) == recounted(desk) == (1, 1, 5_000, 5_000)
    with pytest.raises(VersionNotFound):
        desk.catalogue.files.get(desk.me, first.file_id, first.version_id)
    desk.apply(Delete(path="f"))
    assert counted(desk) == (0, 0, 0, 0)
    with pytest.raises(FileNotFound):
        desk.catalogue.files.get(desk.me, first.file_id)
    assert desk.catalogue.collection.collect_contents(0).removed == 2
