"""Many versions and their chunks at once, for answers that hold many small files."""

from uuid import uuid4

import pytest

from foundation.blocks import MIB
from foundation.problems import Invalid
from metadata.batch import Delete
from metadata.errors import BucketNotFound
from tests.metadata.catalogues import Desk, chunk, chunks, somebody


def test_versions_of_one_bucket_are_found_and_no_others(desk: Desk) -> None:
    made = [desk.put(path, chunks(path)).version for path in ("a", "b")]
    old, new = made[0], desk.put("a", chunks("new")).version
    (deleted,) = desk.apply(Delete(path="b"))
    elsewhere = Desk(desk.catalogue, desk.me).put("a", chunks("c")).version
    wanted = [old.version_id, new.version_id, made[1].version_id]
    others = [deleted.version.version_id, elsewhere.version_id, uuid4()]
    found = desk.catalogue.files.contents(desk.me, desk.id, [*wanted, *others])
    assert found.keys() == set(wanted)
    assert found[old.version_id].content == old.content
    assert found[new.version_id].is_current
    assert desk.catalogue.files.contents(desk.me, desk.id, []) == {}


def test_a_stranger_finds_no_version(desk: Desk) -> None:
    version = desk.put("a", chunks("a")).version.version_id
    with pytest.raises(BucketNotFound):
        desk.catalogue.files.contents(somebody(), desk.id, [version])


def test_chunks_of_several_contents_are_those_of_each(desk: Desk) -> None:
    contents = [desk.put(path, chunks(*texts)).version.content for path, texts in (("a", "xyz"), ("b", "y"), ("c", ""))]
    ids = [content for content in contents if content]
    found = desk.catalogue.files.chunks_of([*ids, uuid4()])
    assert [found[id] for id in ids] == [desk.catalogue.files.chunks(id, 0, 10) for id in ids]
    assert [len(found[id]) for id in ids] == [3, 1, 0]


def test_more_than_ten_thousand_chunks_together_are_refused(desk: Desk) -> None:
    one = chunk("a", MIB)
    upload = desk.open("large", [one] * 10_000)
    desk.send(upload, [one])
    desk.catalogue.uploads.plan(desk.me, upload.id, 10_000, [one])
    large = desk.commit(upload.id).version.content
    assert large
    with pytest.raises(Invalid):
        desk.catalogue.files.chunks_of([large])
