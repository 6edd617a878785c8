"""Commits at their edges: what one batch makes and needs again, answers repeated after what they made is gone, plans that grow."""

from collections.abc import Callable
from typing import Any

import pytest

from foundation.problems import DatabaseUnavailable
from metadata import Catalogue, CatalogueSettings, Delete, NewBucket, Put, Restore, Versioning
from metadata.chunk_lists import content_hash
from metadata.sql_commits import SqlCommits
from tests.metadata.catalogues import Desk, chunk, chunks

NO_TRASH = {"versioning": Versioning.OFF, "trash_days": 0}


def test_a_batch_restores_what_it_put_itself(desk: Desk) -> None:
    file_id = desk.put("f", chunks("old")).version.file_id
    upload = desk.basket([chunk("new")])
    *_, restored = desk.apply(Put("f", [chunk("new")]), Delete(path="f"), Restore(file_id), upload=upload.id)
    assert desk.at("f").version_id == restored.version.version_id
    assert restored.version.content_hash == content_hash([chunk("new").id])


@pytest.mark.parametrize("then", [Delete(path="f"), Put("f", [])])
def test_a_batch_that_replaces_its_own_file_without_a_trash_is_repeated(catalogue: Catalogue, then: Any) -> None:
    desk = Desk(catalogue, new=NewBucket(name="without-trash", **NO_TRASH))
    upload = desk.basket([chunk("a")])
    operations = (Put("f", [chunk("a")]), then)
    first = desk.apply(*operations, upload=upload.id)
    journal = desk.journal()
    assert desk.apply(*operations, upload=upload.id) == first
    assert desk.journal() == journal


def test_a_commit_is_repeated_after_its_version_was_replaced_without_a_trash(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="without-trash", **NO_TRASH))
    upload = desk.open("f", plan := [chunk("a")])
    desk.send(upload, plan)
    first = desk.commit(upload.id)
    desk.put("f", [chunk("b")])
    repeated = desk.commit(upload.id)
    assert (repeated.version.version_id, repeated.sequence) == (first.version.version_id, first.sequence)
    assert desk.at("f").content_hash == content_hash([chunk("b").id])


def test_a_plan_that_grows_while_it_is_staged_is_published_under_the_hash_of_all_of_it(
    opened: Callable[[CatalogueSettings], Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(opened(CatalogueSettings(stage_chunks=2)))
    plan = chunks("a", "b", "c", "d", "e")
    upload = desk.open("f", plan[:3])
    desk.send(upload, plan)
    page = SqlCommits._page  # noqa: SLF001 — between the plan's hash and its first page, another request comes.
    late = [plan[3:]]

    def planned_late(*arguments: Any) -> list[tuple[bytes, int]]:
        found = page(*arguments)
        if not found and late:
            desk.catalogue.uploads.plan(desk.me, upload.id, 3, late.pop())
        return found

    monkeypatch.setattr(SqlCommits, "_page", planned_late)
    with pytest.raises(DatabaseUnavailable):
        desk.commit(upload.id)
    result = desk.commit(upload.id)
    assert result.version.num_chunks == 5
    assert result.version.content_hash == content_hash(one.id for one in plan)
