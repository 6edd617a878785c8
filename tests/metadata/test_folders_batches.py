"""Operations on folders among others in a batch."""

import pytest

from metadata import (
    Delete,
    DeletePrefix,
    Describe,
    FileNotFound,
    MakeFolder,
    MovePrefix,
    Put,
    Restore,
    VersionConflict,
)
from tests.metadata.catalogues import Desk
from tests.metadata.counting import counted, recounted
from tests.metadata.test_folders import folder, paths

__all__ = ["folder"]


def test_a_batch_that_fails_at_its_end_leaves_nothing_of_its_folders(folder: Desk) -> None:
    before, sequence, counters = paths(folder), folder.now().sequence, counted(folder)
    for operation in (MovePrefix("a/b", "c"), MovePrefix("a/b", "a"), DeletePrefix("a")):
        with pytest.raises(FileNotFound):
            folder.apply(operation, Delete(path="nowhere"))
    assert (paths(folder), folder.now().sequence, counted(folder)) == (before, sequence, counters)


def test_operations_see_what_a_folder_before_them_did(folder: Desk) -> None:
    folder.apply(
        MovePrefix("a/b", "c"),
        Describe(path="c/one", description="found"),
        Put("a/b/one", []),
        DeletePrefix("a"),
        MakeFolder("a"),
    )
    assert paths(folder) == ["a/", "c/", "c/deep/three", "c/one", "c/two"]
    assert folder.at("c/one").description == "found"
    assert counted(folder) == recounted(folder)


def test_a_base_sequence_refuses_a_folder_that_changed_after_it(folder: Desk) -> None:
    base = folder.now().sequence
    folder.put("a/b/new", [])
    folder.apply(MovePrefix("a/bystanders", "z"), base_sequence=base)
    for operation in (MovePrefix("a/b", "z"), MovePrefix("q", "a/b"), DeletePrefix("a")):
        with pytest.raises(VersionConflict) as refused:
            folder.apply(operation, base_sequence=base)
        assert [one["path"] for one in refused.value.members["conflicts"]] == ["a/b/new"]


def test_a_batch_with_folders_is_repeated_by_its_upload(folder: Desk) -> None:
    upload = folder.basket()
    operations = (MovePrefix("a/b", "c"), Put("d", []), DeletePrefix("c"))
    first = folder.apply(*operations, upload=upload.id)
    sequence = folder.now().sequence
    assert folder.apply(*operations, upload=upload.id) == first
    assert folder.now().sequence == sequence


def test_a_folder_marker_is_made_deleted_and_taken_back_in_one_batch(desk: Desk) -> None:
    (marker,) = desk.apply(MakeFolder("a"))
    desk.apply(Delete(path="a/"))
    *_, back = desk.apply(MakeFolder("a"), Delete(path="a/"), Restore(marker.version.file_id))
    assert desk.at("a/").version_id == back.version.version_id
