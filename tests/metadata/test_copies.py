"""Copies, and moves between buckets: one row, the same content, and never more than the caller may see."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from foundation.authorization import Role
from foundation.problems import Forbidden, NotFound, PreconditionFailed
from metadata import (
    Access,
    Batch,
    BucketNotFound,
    Catalogue,
    CatalogueSettings,
    Copy,
    Delete,
    Describe,
    FileNotFound,
    Kind,
    MakeFolder,
    Member,
    Move,
    Naming,
    NewBucket,
    PathInvalid,
    PathTaken,
    Precondition,
    Put,
    Result,
    VersionConflict,
    Versioning,
    VersionNotFound,
)
from metadata.operations import copies
from tests.metadata.catalogues import Desk, chunk, chunks, somebody
from tests.metadata.counting import counted, recounted


def one(desk: Desk, operation: Any) -> Result:
    (result,) = desk.apply(operation)
    return result


@pytest.fixture
def other(desk: Desk) -> Desk:
    """Another bucket of the same caller."""
    return Desk(desk.catalogue, me=desk.me)


def test_a_copy_says_what_its_source_says_and_has_its_content(desk: Desk) -> None:
    said = {"description": "d", "tags": {"k": "v"}, "content_type": "text/x", "executable": True, "kind": Kind.SYMLINK}
    source = desk.put("f", chunks("a", "b"), **said).version
    desk.apply(Describe(path="f", access=Access.PUBLIC))
    copied = one(desk, Copy("g", path="f"))
    version = copied.version
    assert (copied.created, version.path) == (True, "g")
    assert version.file_id != source.file_id
    for name in ("content", "content_hash", "etag", "digests", "size", "num_chunks", *said):
        assert getattr(version, name) == getattr(source, name)
    assert version.access is Access.PRIVATE
    assert desk.journal()[-1][1:] == ("file.created", "g")
    assert counted(desk) == recounted(desk)


def test_a_copy_onto_a_live_file_is_its_next_version(desk: Desk) -> None:
    source, target = (desk.put(path, chunks(path)).version for path in "fg")
    copied = one(desk, Copy("g", file_id=source.file_id))
    assert (copied.created, copied.version.file_id, copied.version.content) == (False, target.file_id, source.content)
    assert desk.journal()[-1][1] == "file.updated"
    assert counted(desk) == recounted(desk)


def test_a_copy_revives_what_was_deleted_at_its_place(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    gone = desk.put("g", chunks("b")).version
    desk.apply(Delete(path="g"))
    assert one(desk, Copy("g", path="f")).version.file_id == gone.file_id
    assert counted(desk) == recounted(desk)


def test_a_precondition_judges_the_target_of_a_copy(desk: Desk) -> None:
    desk.put("f", chunks("a"))
    desk.put("g", chunks("b"))
    for condition, problem in (
        (Precondition(True, None), VersionConflict),
        (Precondition(if_none_match=("*",)), PreconditionFailed),
    ):
        with pytest.raises(problem):
            desk.apply(Copy("g", path="f", precondition=condition))


def test_a_copy_onto_itself_changes_nothing_but_an_old_version_becomes_current(desk: Desk) -> None:
    old = desk.put("f", chunks("a")).version
    new = desk.put("f", chunks("b")).version
    assert one(desk, Copy("f", path="f")).sequence is None
    assert one(desk, Copy("f", path="f", version_id=new.version_id)).sequence is None
    back = one(desk, Copy("f", path="f", version_id=old.version_id))
    assert (desk.at("f").content, back.sequence) == (old.content, 3)


def test_a_copy_from_another_bucket(desk: Desk, other: Desk) -> None:
    source = desk.put("f", chunks("a")).version
    for number, operation in enumerate(
        (Copy("by-id", file_id=source.file_id), Copy("by-path", path="f", from_bucket=desk.bucket.name))
    ):
        version = one(other, operation).version
        assert (version.bucket_id, version.content) == (other.bucket.id, source.content)
        assert other.now().sequence == number + 1
    with pytest.raises(FileNotFound):
        other.apply(Copy("x", path="f"))
    assert desk.now().sequence == 1
    assert counted(other) == recounted(other)


def test_a_copy_outlives_its_source(desk: Desk, other: Desk) -> None:
    source = desk.put("f", chunks("a")).version
    other.apply(Copy("f", file_id=source.file_id))
    desk.catalogue.files.purge(desk.me, source.file_id, None)
    assert desk.catalogue.collection.collect_contents(0).removed == 0
    version = other.at("f")
    assert version.content is not None
    assert len(desk.catalogue.files.chunks(version.content, 0, 10)) == 1


def test_who_copies_holds_the_blocks_and_so_does_the_targets_owner(desk: Desk) -> None:
    catalogue = desk.catalogue
    owner = Desk(catalogue)
    editor, viewer = somebody(), desk.me
    plan = chunks("shared")
    source = owner.put("f", plan).version
    catalogue.members.set(owner.me, owner.id, Member(viewer.user, Role.VIEWER))
    catalogue.members.set(desk.me, desk.id, Member(editor.user, Role.EDITOR))
    with pytest.raises(FileNotFound):
        catalogue.commits.apply(editor, _batch(desk, Copy("f", file_id=source.file_id)))
    catalogue.members.set(owner.me, owner.id, Member(editor.user, Role.VIEWER))
    catalogue.commits.apply(editor, _batch(desk, Copy("f", file_id=source.file_id)))
    for who in (editor, desk.me):
        mine = Desk(catalogue, me=who)
        assert mine.apply(Put("again", plan))[0].version.content_hash == source.content_hash


def _batch(desk: Desk, *operations: Any) -> Any:
    return Batch(desk.id, operations)


def test_a_stranger_copies_nothing_not_even_what_is_public(opened: Any) -> None:
    catalogue: Catalogue = opened(CatalogueSettings(public_files=True))
    owner, stranger = Desk(catalogue), Desk(catalogue)
    source = owner.put("f", chunks("a")).version
    owner.apply(Describe(path="f", access=Access.PUBLIC))
    assert catalogue.files.content(stranger.me, source.file_id, owner.at("f").version_id).content == source.content
    for operation, problem in (
        (Copy("f", file_id=source.file_id), FileNotFound),
        (Copy("f", path="f", from_bucket=owner.id), BucketNotFound),
        (Copy("f", file_id=source.file_id, version_id=source.version_id), FileNotFound),
        (Copy("f", file_id=uuid4()), FileNotFound),
    ):
        with pytest.raises(problem):
            stranger.apply(operation)
    assert stranger.now().sequence == 0


def test_a_viewer_copies_from_but_not_into(desk: Desk) -> None:
    owner = Desk(desk.catalogue)
    source = owner.put("f", chunks("a")).version
    desk.catalogue.members.set(owner.me, owner.id, Member(desk.me.user, Role.VIEWER))
    assert one(desk, Copy("f", file_id=source.file_id)).created
    with pytest.raises(Forbidden):
        desk.catalogue.commits.apply(desk.me, _batch(owner, Copy("g", path="f")))
    for operation in (Move("f", path="f", to_bucket=owner.id),):
        with pytest.raises(Forbidden):
            desk.apply(operation)
    assert owner.now().sequence == 1


def test_what_cannot_be_copied(desk: Desk, catalogue: Catalogue) -> None:
    desk.put("f", chunks("a"))
    desk.apply(MakeFolder("d"))
    gone = desk.put("gone", chunks("b")).version
    deleted = one(desk, Delete(path="gone")).version
    for operation, problem in (
        (Copy("d/", path="f"), PathInvalid),
        (Copy("g", path="d/"), PathInvalid),
        (Copy("f/below", path="f"), PathTaken),
        (Copy("x\0", path="f"), PathInvalid),
        (Copy("x", path="nothing"), FileNotFound),
        (Copy("x", path="\0"), FileNotFound),
        (Copy("x", path="f", version_id=uuid4()), VersionNotFound),
        (Copy("x", file_id=gone.file_id), FileNotFound),
        (Copy("x", file_id=gone.file_id, version_id=deleted.version_id), VersionNotFound),
    ):
        with pytest.raises(problem):
            desk.apply(operation)
    assert one(desk, Copy("x", file_id=gone.file_id, version_id=gone.version_id)).version.content == gone.content


def test_a_batch_copies_what_it_put_itself(desk: Desk) -> None:
    upload = desk.basket([chunk("a")])
    *_, last = desk.apply(Put("f", [chunk("a")]), Copy("g", path="f"), Copy("h", path="g"), upload=upload.id)
    assert last.version.content == desk.at("f").content


def test_a_move_between_buckets_is_a_copy_and_a_delete(desk: Desk, other: Desk) -> None:
    first = desk.put("f", chunks("a"), tags={"k": "v"}).version
    source = desk.put("f", chunks("b"), description="d").version
    desk.apply(Describe(path="f", access=Access.PUBLIC))
    moved = one(desk, Move("new/f", path="f", to_bucket=other.bucket.name))
    assert moved.version == other.at("new/f")
    assert moved.version.file_id != source.file_id
    kept = (moved.version.content, moved.version.tags, moved.version.description, moved.version.access)
    assert kept == (source.content, {"k": "v"}, "d", Access.PUBLIC)
    assert (moved.sequence, desk.journal()[-1][1:], other.journal()) == (
        1,
        ("file.deleted", "f"),
        [(1, "file.created", "new/f")],
    )
    history = desk.catalogue.files.versions(desk.me, first.file_id, None, 10).items
    assert [one.content for one in history if one.content] == [source.content, source.content, first.content]
    for bucket in (desk, other):
        assert counted(bucket) == recounted(bucket)


def test_a_folder_marker_moves_between_buckets_and_a_move_within_is_a_move(desk: Desk, other: Desk) -> None:
    marker = one(desk, MakeFolder("d")).version
    assert one(desk, Move("e/", path="d/", to_bucket=desk.id)).version.file_id == marker.file_id
    assert one(desk, Move("e/", path="e/", to_bucket=other.id)).version.path == "e/"
    assert (desk.now().files, other.at("e/").size) == (0, 0)


def test_a_move_between_buckets_overwrites_nothing_and_leaves_nothing_behind_when_refused(
    desk: Desk, other: Desk
) -> None:
    desk.put("f", chunks("a"))
    other.put("f", chunks("b"))
    for operation, problem in (
        (Move("f", path="f", to_bucket=other.id), PathTaken),
        (Move("f/g", path="f", to_bucket=other.id), PathTaken),
        (Move("f/", path="f", to_bucket=other.id), PathInvalid),
        (Move("x", path="nothing", to_bucket=other.id), FileNotFound),
        (Move("x", path="f", to_bucket="nowhere"), BucketNotFound),
        (Move("x", path="f", to_bucket=str(uuid4())), BucketNotFound),
        (Move("x", path="f", precondition=Precondition(True, uuid4()), to_bucket=other.id), VersionConflict),
    ):
        with pytest.raises(problem):
            desk.apply(Put("new", []), operation)
    with pytest.raises(NotFound):
        desk.apply(Move("x", path="f", to_bucket=other.id), Delete(path="nothing"))
    assert (desk.now().sequence, other.now().sequence) == (1, 1)


def test_a_move_out_of_a_bucket_without_trash_takes_all_of_it_away(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="lean", versioning=Versioning.OFF, trash_days=0, naming=Naming.S3))
    other = Desk(catalogue, me=desk.me)
    source = desk.put("f", chunks("a")).version
    moved = one(desk, Move("f", path="f", to_bucket=other.id))
    assert (moved.version.content, counted(desk)) == (source.content, (0, 0, 0, 0))
    assert catalogue.collection.collect_contents(0).removed == 0


def test_a_batch_with_another_bucket_is_repeated_by_its_upload(desk: Desk, other: Desk) -> None:
    upload = desk.basket([chunk("a")])
    operations = (Put("f", [chunk("a")]), Move("f", path="f", to_bucket=other.id))
    first, again = (desk.apply(*operations, upload=upload.id) for _ in range(2))
    assert [(one.version.version_id, one.sequence) for one in again] == [
        (one.version.version_id, one.sequence) for one in first
    ]
    assert (desk.now().sequence, other.now().sequence) == (2, 1)


def test_a_copy_of_what_is_purged_and_collected_meanwhile_is_whole_or_none(
    opened: Callable[[CatalogueSettings], Catalogue], location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source's bucket is not locked, and a long content goes from its end, page by page."""
    source = Desk(opened(CatalogueSettings(collect_chunks=2)))
    target, plan = Desk(source.catalogue, me=source.me), chunks(*"abcde")
    file_id = source.put("f", plan).version.file_id

    def purge_and_collect() -> None:
        source.catalogue.files.purge(source.me, file_id, None)
        source.catalogue.collection.collect_contents(0)

    others = threading.Thread(target=purge_and_collect)
    keep = copies.keep

    def keep_late(*arguments: Any) -> None:
        if others.ident is None:
            others.start()
            if location.startswith("postgresql"):  # The other one has a single writer, who is us.
                others.join()
        keep(*arguments)

    monkeypatch.setattr(copies, "keep", keep_late)
    try:
        version = one(target, Copy("g", path="f", from_bucket=source.id)).version
    except FileNotFound:
        assert target.now().files == 0
    else:
        stored = target.catalogue.files.chunks(version.content or uuid4(), 0, 10)
        assert [chunk.name.id for chunk in stored] == [chunk.id for chunk in plan]
    others.join()
