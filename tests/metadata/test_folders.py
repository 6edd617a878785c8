"""Folders moved, deleted and taken back: every file with its own change, all under one group id, all or nothing."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from foundation.problems import Invalid
from metadata import (
    Batch,
    BucketChanges,
    Catalogue,
    ChangeKind,
    Delete,
    DeletePrefix,
    Describe,
    GroupNotFound,
    ListQuery,
    MakeFolder,
    Move,
    MovePrefix,
    Naming,
    NewBucket,
    PathInvalid,
    PathTaken,
    Restore,
    RestorePrefix,
    TooMany,
    VersionConflict,
    Versioning,
)
from metadata.operations import folder_rows
from tests.metadata.catalogues import Desk, chunk, chunks
from tests.metadata.counting import counted, recounted
from tests.metadata.folders import done

FILES = {"a/b/one": [chunk("1")], "a/b/two": [chunk("2")], "a/b/deep/three": [chunk("3")]}


def paths(desk: Desk) -> list[str]:
    return [one.path for one in desk.catalogue.files.list(desk.me, desk.id, ListQuery(limit=1_000)).items]


@pytest.fixture
def folder(desk: Desk) -> Desk:
    desk.apply(MakeFolder("a/b"))
    desk.put_all({**FILES, "a/bystander": []}, description="what it is", tags={"k": "v"})
    return desk


@pytest.mark.parametrize("prefix", ["a/b", "a/b/"])
def test_a_folder_is_moved_with_its_marker_and_all_that_is_below(folder: Desk, prefix: str) -> None:
    before = {one.path: one for one in folder.catalogue.files.list(folder.me, folder.id, ListQuery()).items}
    first = folder.now().sequence + 1
    moved = done(folder, MovePrefix(prefix, "new/place"))
    assert (moved.files, moved.sequence) == (4, folder.now().sequence)
    assert paths(folder) == ["a/bystander", "new/place/", "new/place/deep/three", "new/place/one", "new/place/two"]
    assert folder.at("new/place/one").file_id == before["a/b/one"].file_id
    assert folder.at("new/place/one").version_id == before["a/b/one"].version_id
    changes = folder.catalogue.journals.read(folder.me, folder.id, first - 1, 10).items
    assert [(one.sequence, one.kind, one.old_path, one.path, one.group) for one in changes] == [
        (first + number, ChangeKind.FILE_MOVED, old, old.replace("a/b/", "new/place/", 1), moved.group)
        for number, old in enumerate(["a/b/", "a/b/deep/three", "a/b/one", "a/b/two"])
    ]
    assert counted(folder) == recounted(folder)


def test_a_folder_is_deleted_and_taken_back_by_its_prefix(folder: Desk) -> None:
    before = folder.at("a/b/one")
    deleted = done(folder, DeletePrefix("a/b"))
    assert (deleted.files, paths(folder)) == (4, ["a/bystander"])
    trash = folder.catalogue.files.trash(folder.me, folder.id, None, 10).items
    assert [(one.path, one.content, one.tags) for one in trash if one.path != "a/b/"] == [
        (path, None, {"k": "v"}) for path in sorted(FILES)
    ]
    assert counted(folder) == recounted(folder)
    back = done(folder, RestorePrefix("a/b"))
    after = folder.at("a/b/one")
    assert (back.files, after.file_id, after.content) == (4, before.file_id, before.content)
    assert (after.description, after.tags, after.etag, after.access) == (
        "what it is",
        {"k": "v"},
        before.etag,
        before.access,
    )
    kinds = {
        one.kind
        for one in folder.catalogue.journals.read(folder.me, folder.id, 0, 100).items
        if one.group == back.group
    }
    assert kinds == {ChangeKind.FILE_RESTORED}
    assert counted(folder) == recounted(folder)


@pytest.mark.parametrize("operation", [MovePrefix("a/b", "c"), DeletePrefix("a/b")])
def test_a_group_is_undone_and_done_again_by_its_id(folder: Desk, operation: Any) -> None:
    before = paths(folder)
    first = done(folder, operation)
    after = paths(folder)
    undone = done(folder, RestorePrefix(group=first.group))
    assert (undone.files, paths(folder)) == (4, before)
    again = done(folder, RestorePrefix(group=undone.group))
    assert (again.files, paths(folder)) == (4, after)
    assert len({first.group, undone.group, again.group}) == 3
    assert counted(folder) == recounted(folder)


def test_several_deletes_moves_and_restores_of_one_batch_are_undone_together(folder: Desk) -> None:
    before = paths(folder)
    folder.apply(Delete(path="a/b/one"), Move("a/b/one", path="a/b/two"))
    (group,) = {one.group for one in folder.catalogue.journals.read(folder.me, folder.id, 5, 10).items}
    assert group is not None
    assert done(folder, RestorePrefix(group=group)).files == 2
    assert paths(folder) == before
    assert counted(folder) == recounted(folder)


def test_files_and_folders_of_one_batch_are_undone_together(folder: Desk) -> None:
    folder.put_all({path: chunks(path) for path in ("m/1", "m/2", "n", "o")})
    folder.apply(Delete(path="o"))
    before, trashed = paths(folder), folder.catalogue.files.trash(folder.me, folder.id, None, 10).items
    operations = [
        DeletePrefix("a"),
        MovePrefix("m", "moved"),
        Delete(path="n"),
        *(Restore(one.file_id) for one in trashed),
    ]
    answer = folder.catalogue.commits.apply(folder.me, Batch(folder.id, operations))
    after = paths(folder)
    assert answer.group == answer.results[0].group == answer.results[1].group  # type: ignore[union-attr]
    undone = folder.catalogue.commits.apply(folder.me, Batch(folder.id, [RestorePrefix(group=answer.group)]))
    assert paths(folder) == before
    assert undone.group == undone.results[0].group != answer.group  # type: ignore[union-attr]
    done(folder, RestorePrefix(group=undone.group))
    assert paths(folder) == after
    assert counted(folder) == recounted(folder)


def test_undo_names_every_file_that_changed_since_and_does_nothing(folder: Desk) -> None:
    group = done(folder, MovePrefix("a/b", "c")).group
    folder.apply(Describe(path="c/one", description="other"), Delete(path="c/two"))
    sequence = folder.now().sequence
    with pytest.raises(VersionConflict) as refused:
        done(folder, RestorePrefix(group=group))
    assert [one["path"] for one in refused.value.members["conflicts"]] == ["c/one", "c/two"]
    assert folder.now().sequence == sequence


def test_undo_of_a_delete_names_every_path_that_is_taken_by_now(folder: Desk) -> None:
    group = done(folder, DeletePrefix("a/b")).group
    blocker = folder.put_all({"x": []})[0].version
    folder.apply(Move("a/b/deep", file_id=blocker.file_id))
    for operation in (RestorePrefix(group=group), RestorePrefix("a/b")):
        with pytest.raises(PathTaken) as refused:
            done(folder, operation)
        assert [(one["path"], one["obstacle"]) for one in refused.value.members["conflicts"]] == [
            ("a/b/deep/three", "a/b/deep")
        ]


def test_what_was_made_cannot_be_undone_as_a_group(folder: Desk) -> None:
    folder.apply(Delete(path="a/b/one"), Delete(path="a/b/two"))
    (*_, last) = folder.catalogue.journals.read(folder.me, folder.id, 0, 100).items
    folder.put_all({"a/b/one": []})
    with pytest.raises(VersionConflict):
        done(folder, RestorePrefix(group=last.group))


def test_what_was_live_before_it_was_restored_is_not_deleted_by_undo(desk: Desk) -> None:
    """Not even where nothing tells any more what the restored version replaced, because the bucket keeps no trash."""
    old = [desk.put(path, chunks("old")).version for path in "fg"]
    for path in "fg":
        desk.put(path, chunks("new"))
    at_once = BucketChanges(versioning=Versioning.SUSPENDED, trash_days=0)
    desk.catalogue.buckets.update(desk.me, desk.id, at_once)
    restores = [Restore(version.file_id, version.version_id) for version in old]
    done_together = desk.catalogue.commits.apply(desk.me, Batch(desk.id, restores))
    with pytest.raises(Invalid):
        desk.apply(RestorePrefix(group=done_together.group))
    assert desk.now().files == 2


def test_a_group_of_another_bucket_or_of_nothing_is_not_found(folder: Desk) -> None:
    other = Desk(folder.catalogue, me=folder.me)
    other.put_all({"a/x": []})
    foreign = done(other, DeletePrefix("a"))
    for group in (foreign.group, uuid4()):
        with pytest.raises(GroupNotFound):
            done(folder, RestorePrefix(group=group))


def test_a_move_onto_taken_paths_names_each_and_how_many(folder: Desk) -> None:
    folder.put_all({"c/one": [], "c/two/below": [], "c/other": []})
    sequence = folder.now().sequence
    with pytest.raises(PathTaken) as refused:
        done(folder, MovePrefix("a/b", "c"))
    members = refused.value.members
    assert [(one["path"], one["obstacle"], one["operation"], one["problem"]) for one in members["conflicts"]] == [
        ("c/one", "c/one", 0, "path-taken"),
        ("c/two", "c/two/", 0, "path-taken"),
    ]
    assert (members["total"], folder.now().sequence) == (2, sequence)


def test_no_more_than_a_hundred_conflicts_are_told(desk: Desk) -> None:
    desk.put_all({f"{top}/{number:03}": [] for top in "ab" for number in range(120)})
    with pytest.raises(PathTaken) as refused:
        done(desk, MovePrefix("a", "b"))
    assert (len(refused.value.members["conflicts"]), refused.value.members["total"]) == (100, 120)


def test_a_folder_merges_where_no_path_is_taken(folder: Desk) -> None:
    folder.put_all({"c/four": []})
    assert done(folder, MovePrefix("a/b", "c")).files == 4
    assert paths(folder) == ["a/bystander", "c/", "c/deep/three", "c/four", "c/one", "c/two"]


def test_a_folder_moves_up_past_one_of_its_own_name(desk: Desk) -> None:
    desk.put_all({"a/a/a/x": [chunk("1")], "a/a/x": [chunk("2")], "a/a/y": []})
    ids = [desk.at(path).file_id for path in ("a/a/a/x", "a/a/x", "a/a/y")]
    moved = done(desk, MovePrefix("a/a", "a"))
    assert paths(desk) == ["a/a/x", "a/x", "a/y"]
    assert [desk.at(path).file_id for path in ("a/a/x", "a/x", "a/y")] == ids
    done(desk, RestorePrefix(group=moved.group))
    assert [desk.at(path).file_id for path in ("a/a/a/x", "a/a/x", "a/a/y")] == ids
    assert counted(desk) == recounted(desk)


def test_two_files_that_changed_places_change_back(desk: Desk) -> None:
    desk.put_all({"f": [chunk("1")], "g": [chunk("2")]})
    done_before = desk.at("f").file_id
    desk.apply(Move("h", path="f"))
    desk.apply(Move("f", path="g"), Move("g", path="h"))
    assert desk.at("g").file_id == done_before
    group = desk.catalogue.journals.read(desk.me, desk.id, 0, 10).items[-1].group
    done(desk, RestorePrefix(group=group))
    assert (desk.at("h").file_id, paths(desk)) == (done_before, ["g", "h"])


@pytest.mark.parametrize("to", ["a/b/c", "a/b/"])
def test_a_folder_does_not_move_into_itself(folder: Desk, to: str) -> None:
    sequence = folder.now().sequence
    if to == "a/b/":
        assert done(folder, MovePrefix("a/b", to)).files == 0
    else:
        with pytest.raises(Invalid):
            done(folder, MovePrefix("a/b", to))
    assert folder.now().sequence == sequence


@pytest.mark.parametrize("to", ["a/bystander", "a/bystander/below"])
def test_a_folder_moves_to_no_place_below_a_file(folder: Desk, to: str) -> None:
    with pytest.raises(PathTaken):
        done(folder, MovePrefix("a/b", to))


@pytest.mark.parametrize("bad", ["", "/", "..", "a/../b", "\0", "x" * 1_025, "\ud800"])
@pytest.mark.parametrize(
    "made", [lambda bad: MovePrefix(bad, "c"), lambda bad: MovePrefix("a", bad), DeletePrefix, RestorePrefix]
)
def test_what_is_no_folder_is_refused(desk: Desk, bad: str, made: Callable[[str], Any]) -> None:
    desk.put_all({"a/x": []})
    with pytest.raises(Invalid) as refused:
        desk.apply(made(bad))
    # Half of a surrogate pair is no text that HTTP could carry: the other room never hears of it.
    if isinstance(refused.value, PathInvalid) or bad != "\ud800":
        assert refused.value.members["field"] in {"prefix", "to"}
    assert (paths(desk), desk.now().sequence) == (["a/x"], 1)


def test_a_path_that_would_grow_too_long_is_refused(desk: Desk) -> None:
    desk.put_all({"a/" + "/".join(["x" * 250] * 4): []})
    with pytest.raises(PathInvalid):
        done(desk, MovePrefix("a", "b" * 50))
    assert desk.now().sequence == 1


def test_an_empty_folder_is_nothing_to_do(desk: Desk) -> None:
    for operation in (MovePrefix("a", "b"), DeletePrefix("a"), RestorePrefix("a")):
        result = done(desk, operation)
        assert (result.files, result.sequence) == (0, None)
    assert desk.now().sequence == 0


@pytest.mark.parametrize("operation", [MovePrefix("a", "b"), DeletePrefix("a"), RestorePrefix("t")])
def test_more_files_than_one_operation_takes_are_refused(
    desk: Desk, operation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put_all({f"{top}/{number}": [] for top in "at" for number in range(6)})
    done(desk, DeletePrefix("t"))
    sequence = desk.now().sequence
    monkeypatch.setattr(folder_rows.at_most, "__defaults__", (5,))
    with pytest.raises(TooMany):
        done(desk, operation)
    assert desk.now().sequence == sequence


def test_the_folders_of_one_batch_count_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times to and fro would keep the bucket, and on SQLite everybody, waiting for an hour."""
    desk.put_all({f"a/{number}": [] for number in range(3)})
    sequence = desk.now().sequence
    monkeypatch.setattr(folder_rows.at_most, "__defaults__", (6,))
    there, back = MovePrefix("a", "b"), MovePrefix("b", "a")
    with pytest.raises(TooMany):
        desk.apply(there, back, there)
    assert desk.now().sequence == sequence
    desk.apply(there, back)
    assert paths(desk) == ["a/0", "a/1", "a/2"]


def test_pages_do_not_show(folder: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_rows.pages, "__defaults__", (3,))
    before = paths(folder)
    moved = done(folder, MovePrefix("a", "c/d"))
    undone = done(folder, RestorePrefix(group=moved.group))
    deleted = done(folder, DeletePrefix("a"))
    back = done(folder, RestorePrefix(group=deleted.group))
    assert [one.files for one in (moved, undone, deleted, back)] == [5, 5, 5, 5]
    assert paths(folder) == before
    assert [sequence for sequence, _, _ in folder.journal()] == list(range(1, 26))
    assert counted(folder) == recounted(folder)


def test_in_an_s3_bucket_a_prefix_is_text(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="text", naming=Naming.S3))
    desk.put_all({path: [chunk(path)] for path in ("ab", "ab/", "abc", "b//..", "abab")})
    moved = done(desk, MovePrefix("ab", "x/"))
    assert paths(desk) == ["b//..", "x/", "x//", "x/ab", "x/c"]
    done(desk, RestorePrefix(group=moved.group))
    up = done(desk, MovePrefix("ab", "a"))
    assert paths(desk) == ["a", "a/", "aab", "ac", "b//.."]
    done(desk, RestorePrefix(group=up.group))
    assert done(desk, DeletePrefix("ab")).files == 4
    assert done(desk, RestorePrefix("ab/")).files == 1
    assert paths(desk) == ["ab/", "b//.."]
    assert counted(desk) == recounted(desk)


def test_of_two_that_were_deleted_at_one_path_the_last_comes_back(desk: Desk) -> None:
    desk.put_all({"a/x": [chunk("old")], "y": [chunk("new")]})
    last = desk.at("y").file_id
    desk.apply(Delete(path="a/x"))
    desk.apply(Move("a/x", path="y"))
    desk.apply(Delete(path="a/x"))
    assert done(desk, RestorePrefix("a")).files == 1
    assert desk.at("a/x").file_id == last
