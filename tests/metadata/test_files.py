"""Files, versions and chunks as readers see them."""

import itertools
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import update

from foundation.blocks import BlockId, BlockName
from foundation.identity import NOBODY
from foundation.ids import new_id
from foundation.problems import CursorInvalid, NotFound, Unauthenticated
from foundation.sql import insert_rows, now
from metadata.batch import Batch, Delete, Describe
from metadata.errors import BucketNotFound, ChunksInvalid, FileNotFound, VersionNotFound
from metadata.model import Access
from metadata.schema import blocks, contents, file_chunks, file_versions
from tests.metadata.readers import House, house, made_house, somebody

__all__ = ["house"]


def planted_content(house: House, sizes: list[int]) -> UUID:
    content, moment = new_id(), house.database.read(now)
    ids = [BlockId.of(f"{content}{number}".encode()) for number in range(len(sizes))]
    offsets = [0, *itertools.accumulate(sizes)]
    stored = [
        {"id": id, "name": str(BlockName.new(id, 1)), "size": size, "stored_size": size, "xxh3": -number, "state": "stored",
         "registered_at": moment}
        for number, (id, size) in enumerate(zip(ids, sizes, strict=True))
    ]  # fmt: skip
    chunks = [
        {"content": content, "index": number, "offset": offsets[number], "size": sizes[number], "block": id}
        for number, id in enumerate(ids)
    ]
    record = {"id": content, "size": offsets[-1], "num_chunks": len(sizes), "content_hash": b"", "created_at": moment}
    tables = ((contents, [record]), (blocks, stored), (file_chunks, chunks))
    house.database.write(lambda connection: [insert_rows(connection, table, rows) for table, rows in tables])
    return content


def test_a_file_is_found_by_path_and_by_id(house: House) -> None:
    bucket = house.bucket()
    [version] = house.put(bucket.id, "a/b")
    assert house.files.find(house.me, "mine", "a/b") == house.files.get(house.me, version.file_id)
    assert house.files.content(house.me, version.file_id, version.version_id).path == "a/b"
    for path in ("a", "a/", "a/b/", "A/B", "", "a\0b", "\ud800"):
        with pytest.raises(FileNotFound):
            house.files.find(house.me, "mine", path)


def test_a_version_is_asked_for_by_its_id(house: House) -> None:
    bucket = house.bucket()
    [first], [second] = house.put(bucket.id, "a"), house.put(bucket.id, "a")
    assert first.version_id != second.version_id
    assert house.files.get(house.me, first.file_id).version_id == second.version_id
    old = house.files.get(house.me, first.file_id, first.version_id)
    assert not old.is_current
    assert house.files.find(house.me, "mine", "a", first.version_id) == old
    [other] = house.put(bucket.id, "b")
    for version_id in (other.version_id, new_id()):
        with pytest.raises(VersionNotFound):
            house.files.get(house.me, first.file_id, version_id)
        with pytest.raises(VersionNotFound):
            house.files.find(house.me, "mine", "a", version_id)
        with pytest.raises(VersionNotFound):
            house.files.content(house.me, first.file_id, version_id)


def test_versions_come_newest_first_in_pages_delete_markers_included(house: House) -> None:
    bucket = house.bucket()
    made = [house.put(bucket.id, "a")[0] for _ in range(4)]
    house.commits.apply(house.me, Batch("mine", [Delete(path="a")]))
    file, seen, after = made[0].file_id, [], None
    while True:
        page = house.files.versions(house.me, file, after, 2)
        seen += page.items
        after = page.next_key
        if after is None:
            break
    assert [version.version_id for version in seen[1:]] == [version.version_id for version in reversed(made)]
    assert seen[0].content is None
    assert seen[0].deleted_at is not None
    with pytest.raises(CursorInvalid):
        house.files.versions(house.me, file, "junk", 2)


def test_the_trash_lists_what_was_deleted_by_path_in_pages(house: House) -> None:
    bucket = house.bucket()
    house.put(bucket.id, "c", "a", "b", "live")
    house.commits.apply(house.me, Batch("mine", [Delete(path=path) for path in "cab"]))
    first = house.files.trash(house.me, "mine", None, 2)
    rest = house.files.trash(house.me, "mine", first.next_key, 2)
    assert [version.path for version in [*first.items, *rest.items]] == ["a", "b", "c"]
    assert rest.next_key is None
    assert all(version.deleted_at and version.content is None for version in first.items)
    with pytest.raises(FileNotFound):
        house.files.find(house.me, "mine", "a")
    for after in ("", "x" * 40, f"{new_id()}\0"):
        with pytest.raises(CursorInvalid):
            house.files.trash(house.me, "mine", after, 2)


def test_chunks_come_in_order_from_the_index_asked_for(house: House) -> None:
    content = planted_content(house, [5, 7, 1, 9])
    chunks = house.files.chunks(content, 1, 2)
    assert [(chunk.index, chunk.offset, chunk.size) for chunk in chunks] == [(1, 5, 7), (2, 12, 1)]
    assert [chunk.name.id for chunk in chunks] == [chunk.id for chunk in chunks]
    assert [chunk.xxh3 for chunk in chunks] == [2**64 - 1, 2**64 - 2]  # Stored signed, told unsigned.
    assert house.files.chunks(content, 4, 2) == []
    assert house.files.chunks(new_id(), 0, 2) == []


@pytest.mark.parametrize(
    "sizes",
    [[10], [10] * 40 + [3], [1] * 60 + [4_000_000], [4_000_000] + [1] * 60, [3, 1, 4, 1, 5, 926, 5, 35, 8979, 3] * 6],
)
def test_chunk_at_finds_the_chunk_of_a_byte_however_uneven_the_sizes_are(house: House, sizes: list[int]) -> None:
    content = planted_content(house, sizes)
    start = 0
    for index, size in enumerate(sizes):
        assert {house.files.chunk_at(content, start), house.files.chunk_at(content, start + size - 1)} == {index}
        start += size
    for outside in (-1, start):
        with pytest.raises(ChunksInvalid):
            house.files.chunk_at(content, outside)
    with pytest.raises(VersionNotFound):
        house.files.chunk_at(new_id(), 0)


def test_what_is_anothers_is_answered_as_what_is_not_there(house: House) -> None:
    bucket = house.bucket()
    [version] = house.put(bucket.id, "a")
    stranger = somebody()
    told = {"file": [], "bucket": []}  # type: dict[str, list[object]]
    for file, owned in ((version.file_id, version.version_id), (new_id(), new_id())):
        for act in (
            partial(house.files.get, stranger, file),
            partial(house.files.get, stranger, file, owned),
            partial(house.files.content, stranger, file, owned),
            partial(house.files.versions, stranger, file, None, 1),
            partial(house.files.purge, stranger, file, owned),
        ):
            with pytest.raises(NotFound) as refused:
                act()
            told["file"].append(refused.value.document())
    for ref, path in ((str(bucket.id), "a"), (str(bucket.id), "b"), ("mine", "a"), (str(new_id()), "a")):
        for act in (partial(house.files.find, stranger, ref, path), partial(house.files.trash, stranger, ref, None, 1)):
            with pytest.raises(BucketNotFound) as refused:
                act()
            told["bucket"].append(refused.value.document())
    for documents in told.values():
        assert all(document == documents[0] for document in documents)


@pytest.mark.parametrize("allowed", [True, False])
def test_public_content_is_for_everybody_only_if_the_installation_allows_it(house: House, allowed: bool) -> None:
    files = made_house(house.database, public_files=allowed).files
    bucket = house.bucket()
    shown, _ = house.put(bucket.id, "shown", "hidden")
    house.database.write(
        lambda connection: connection.execute(
            update(file_versions).where(file_versions.c.id == shown.version_id).values(access="public")
        )
    )
    ref = str(bucket.id)
    if allowed:
        for caller in (NOBODY, somebody()):
            assert files.find(caller, ref, "shown").file_id == shown.file_id
            assert files.content(caller, shown.file_id, shown.version_id).path == "shown"
    else:
        with pytest.raises(Unauthenticated):
            files.find(NOBODY, ref, "shown")
    with pytest.raises(BucketNotFound):
        files.find(somebody(), ref, "hidden")
    with pytest.raises(FileNotFound):
        files.get(somebody(), shown.file_id)
    house.commits.apply(house.me, Batch(ref, [Delete(path="shown")]))
    with pytest.raises(FileNotFound):
        files.content(somebody(), shown.file_id, shown.version_id)
    with pytest.raises(BucketNotFound):
        files.find(somebody(), ref, "shown")


def test_a_version_is_public_while_its_file_is_and_if_it_was_itself(house: House) -> None:
    files = made_house(house.database, public_files=True).files
    bucket = house.bucket()
    [before] = house.put(bucket.id, "f")

    def made(access: Access) -> UUID:
        return house.commits.apply(house.me, Batch("mine", [Describe(path="f", access=access)])).only.version.version_id

    def may_read(version_id: UUID) -> bool:
        answers = []
        for read in (files.content, lambda caller, _, version: files.find(caller, str(bucket.id), "f", version)):
            try:
                answers.append(read(NOBODY, before.file_id, version_id).version_id == version_id)
            except Unauthenticated:
                answers.append(False)
        assert len(set(answers)) == 1
        return answers[0]

    shown = made(Access.PUBLIC)
    assert (may_read(before.version_id), may_read(shown)) == (False, True)
    [later] = house.put(bucket.id, "f")
    assert (may_read(shown), may_read(later.version_id)) == (True, True)
    hidden = made(Access.PRIVATE)
    assert not any(may_read(version) for version in (before.version_id, shown, later.version_id, hidden))
