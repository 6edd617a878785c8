"""Describe: other words for the same content."""

from typing import Any

import pytest

from foundation.authorization import Role
from foundation.problems import Forbidden, Invalid, PreconditionFailed
from metadata import (
    Access,
    Batch,
    BucketNotFound,
    Catalogue,
    Delete,
    Describe,
    FileNotFound,
    MakeFolder,
    Member,
    Move,
    NewBucket,
    Precondition,
    Put,
    Restore,
    Result,
    VersionConflict,
    Versioning,
)
from tests.metadata.catalogues import Desk, chunk, chunks, somebody
from tests.metadata.counting import counted, recounted

ALL: dict[str, Any] = {
    "description": "what it is",
    "tags": {"k": "v"},
    "access": Access.PUBLIC,
    "content_type": "text/x",
    "executable": True,
}


def one(desk: Desk, operation: Any) -> Result:
    (result,) = desk.apply(operation)
    return result


def test_describing_makes_a_version_of_the_same_content_where_versioning_is_on(desk: Desk) -> None:
    before = desk.put("f", chunks("a", "b")).version
    result = one(desk, Describe(path="f", **ALL))
    after = desk.at("f")
    assert after == result.version
    assert (after.file_id, after.content, after.etag) == (before.file_id, before.content, before.etag)
    assert after.version_id != before.version_id
    assert {name: getattr(after, name) for name in ALL} == ALL
    (_, change) = desk.catalogue.journals.read(desk.me, desk.id, 0, 10).items
    assert (change.kind.value, change.version_id, change.previous_version) == (
        "file.described", after.version_id, before.version_id,
    )  # fmt: skip
    assert counted(desk) == recounted(desk) == (1, 2, before.size, 2 * before.size)
    assert one(desk, Restore(before.file_id, before.version_id)).version.description == ""


@pytest.mark.parametrize("versioning", [Versioning.OFF, Versioning.SUSPENDED])
def test_describing_changes_the_version_itself_where_versioning_is_not_on(
    catalogue: Catalogue, versioning: Versioning
) -> None:
    desk = Desk(catalogue, new=NewBucket(name="plain", versioning=versioning))
    before = desk.put("f", chunks("a")).version
    after = one(desk, Describe(file_id=before.file_id, **ALL)).version
    assert (desk.at("f"), after.version_id) == (after, before.version_id)
    assert {name: getattr(after, name) for name in ALL} == ALL
    assert [kind for _, kind, _ in desk.journal()] == ["file.created", "file.described"]
    assert counted(desk) == recounted(desk)


def test_what_says_nothing_new_changes_nothing(desk: Desk) -> None:
    desk.put("f", chunks("a"), description="d", tags={"k": "v"})
    for same in ({}, {"description": "d"}, {"tags": {"k": "v"}, "access": Access.PRIVATE, "content_type": ""}):
        assert one(desk, Describe(path="f", **same)).sequence is None
    assert desk.now().sequence == 1
    assert one(desk, Describe(path="f", tags={}, description="")).version.tags == {}


def test_folder_markers_are_described_too(desk: Desk) -> None:
    desk.apply(MakeFolder("d"))
    assert one(desk, Describe(path="d/", tags={"k": "v"})).version.tags == {"k": "v"}


BAD: list[tuple[str, dict[str, Any]]] = [
    ("tags", {"tags": {str(number): "" for number in range(51)}}),
    ("tags", {"tags": {"": "v"}}),
    ("tags", {"tags": {"k" * 129: "v"}}),
    ("tags", {"tags": {"k\0": "v"}}),
    ("tags.k", {"tags": {"k": "v" * 257}}),
    ("tags.k", {"tags": {"k": "\0"}}),
    ("description", {"description": "d" * 10_001}),
    ("description", {"description": "\0"}),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_every_way_to_describe_is_judged_by_the_same_rule(desk: Desk, number: int) -> None:
    field, said = BAD[number]
    desk.put("f", chunks("a"))
    for attempt in (
        lambda: desk.apply(Describe(path="f", **said)),
        lambda: desk.apply(Put("g", [], **said)),
        lambda: desk.open("h", [], **said),
    ):
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.members["errors"][0]["field"] == field
    assert desk.now().sequence == 1


def test_the_longest_that_may_be_said_is_kept(desk: Desk) -> None:
    tags = {f"{number:03}" + "k" * 125: "ü" * 256 for number in range(50)}
    desk.put("f", [], tags=tags, description="d" * 10_000)
    assert (desk.at("f").tags, len(desk.at("f").description)) == (tags, 10_000)
    for content_type in ("text", "text/plain\r\nX: y", "a/" + "b" * 255):
        with pytest.raises(Invalid):
            desk.apply(Describe(path="f", content_type=content_type))


def test_preconditions_and_absent_files(desk: Desk) -> None:
    version = desk.put("f", chunks("a")).version
    desk.apply(Describe(path="f", description="d"))
    for operation, problem in (
        (Describe(path="f", description="e", precondition=Precondition(True, version.version_id)), VersionConflict),
        (Describe(path="f", description="e", precondition=Precondition(if_match=("x",))), PreconditionFailed),
        (Describe(path="nothing", description="e"), FileNotFound),
        (Describe(description="e"), Invalid),
    ):
        with pytest.raises(problem):
            desk.apply(operation)
    desk.apply(Delete(path="f"))
    with pytest.raises(FileNotFound):
        desk.apply(Describe(file_id=version.file_id, description="e"))


def test_a_batch_describes_what_it_put_and_moved(desk: Desk) -> None:
    upload = desk.basket([chunk("a")])
    desk.apply(Put("f", [chunk("a")]), Move("g", path="f"), Describe(path="g", description="found"), upload=upload.id)
    assert desk.at("g").description == "found"
    assert counted(desk) == recounted(desk)


def test_strangers_and_viewers_describe_nothing(desk: Desk) -> None:
    version = desk.put("f", chunks("a")).version
    viewer, batch = somebody(), Batch(desk.id, [Describe(file_id=version.file_id, access=Access.PUBLIC)])
    with pytest.raises(BucketNotFound):
        desk.catalogue.commits.apply(viewer, batch)
    with pytest.raises(FileNotFound):
        Desk(desk.catalogue).apply(*batch.operations)
    desk.catalogue.members.set(desk.me, desk.id, Member(viewer.user, Role.VIEWER))
    with pytest.raises(Forbidden):
        desk.catalogue.commits.apply(viewer, batch)
    assert desk.at("f").access is Access.PRIVATE


def test_restoring_what_was_shown_once_does_not_show_it_again(desk: Desk) -> None:
    version = desk.put("f", chunks("a")).version
    desk.apply(Describe(path="f", access=Access.PUBLIC))
    shown = desk.at("f").version_id
    desk.apply(Describe(path="f", access=Access.PRIVATE))
    (restored,) = desk.apply(Restore(version.file_id, shown))
    assert restored.version.access is desk.at("f").access is Access.PRIVATE
    desk.apply(Delete(path="f"))
    (restored,) = desk.apply(Restore(version.file_id, shown))
    assert restored.version.access is desk.at("f").access is Access.PRIVATE
