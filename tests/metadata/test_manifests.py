"""What manifests are made of, and who writes which, on each database and over HTTP."""

from datetime import timedelta
from uuid import UUID

import pytest

from metadata import BucketChanges, Catalogue, Delete, ManifestPart, Manifests, ManifestTask, Move, sql_manifests
from tests.metadata.catalogues import Desk, chunks

LEASE, KEPT = timedelta(minutes=1), timedelta(days=7)


def part(task: ManifestTask, until: int, gone: int = 0) -> ManifestPart:
    return ManifestPart(f"part-{until}", 0, until, 1, gone, 1)


def mark(manifests: Manifests, accounts: int = 2000) -> int:
    """Once around all accounts; in how many pages."""
    pages, following = 1, manifests.mark(None, accounts)
    while following:
        pages, following = pages + 1, manifests.mark(following, accounts)
    return pages


def due(manifests: Manifests) -> set[UUID]:
    """Buckets with something to write; everybody's lease on them ends."""
    return {task.bucket for task in manifests.claim("looker", 1000, timedelta(0), KEPT)}


def written(manifests: Manifests) -> None:
    mark(manifests)
    for task in manifests.claim("writer", 1000, LEASE, KEPT):
        manifests.advance("writer", task, [part(task, task.newest)], [])


def test_root_journals_are_followed_in_pages_of_accounts_and_of_changes(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_manifests, "_CHANGES", 3)
    manifests = catalogue.manifests
    desks = [Desk(catalogue) for _ in range(5)]
    written(manifests)
    assert due(manifests) == set()
    for number, desk in enumerate(desks):
        for turn in range(number):
            catalogue.buckets.update(desk.me, desk.id, BucketChanges(title=f"{turn}"))
    # Ten changes, three a page, two accounts a page.
    assert 4 <= mark(manifests, 2) <= 7
    assert due(manifests) == {desk.bucket.id for desk in desks[1:]}
    written(manifests)
    assert (mark(manifests, 2), mark(manifests, 5), mark(manifests, 4)) == (3, 1, 2)
    assert due(manifests) == set()


def test_everything_and_what_changed_are_told_with_their_parts(desk: Desk) -> None:
    manifests = desk.catalogue.manifests
    old = desk.put("a", chunks("one", "two")).version
    page = manifests.everything(desk.bucket.id, None, 1)
    assert page
    assert [file.path for file in page.files] == ["a"]
    runs = manifests.chunks([content.id for content in page.contents], 0, 1)
    runs = [*runs, *manifests.chunks([page.contents[0].id], 1)]
    assert [(run.index, len(run.chunks)) for run in runs] == [(0, 1), (1, 1)]
    assert page.next_key
    rest = manifests.everything(desk.bucket.id, page.next_key)
    assert rest
    assert (list(rest.files), rest.next_key) == ([], None)
    desk.apply(Move("b", file_id=old.file_id))
    passing = desk.put("c", chunks("three")).version
    desk.apply(Delete(path="c"))
    desk.catalogue.files.purge(desk.me, passing.file_id, None)
    later = manifests.changed(desk.bucket.id, page.sequence)
    assert later
    assert [file.path for file in later.files] == ["b"]
    assert [version.id for version in later.versions] == [old.version_id]
    assert [content.id for content in later.contents] == [old.content]
    assert list(later.gone.files) == [passing.file_id]


def test_a_bucket_is_one_worker_s_until_it_is_written_and_due_again_when_something_changes(desk: Desk) -> None:
    manifests = desk.catalogue.manifests
    desk.put("a", chunks("one"))
    (task,) = manifests.claim("first", 10, LEASE, KEPT)
    assert manifests.claim("second", 10, LEASE, KEPT) == []
    assert not manifests.advance("second", task, [part(task, task.newest)], [])
    assert manifests.lag().buckets == 1
    assert manifests.advance("first", task, [part(task, task.newest)], [])
    assert manifests.lag().buckets == 0
    assert manifests.known([desk.bucket.id]) == {desk.bucket.id: [f"part-{task.newest}"]}
    mark(manifests)
    for again in manifests.claim("first", 10, LEASE, KEPT):
        manifests.advance("first", again, again.parts, [])
    assert manifests.claim("second", 10, LEASE, KEPT) == []
    desk.catalogue.buckets.update(desk.me, desk.id, BucketChanges(title="Another"))
    mark(manifests)
    assert [one.bucket for one in manifests.claim("second", 10, timedelta(0), KEPT)] == [desk.bucket.id]
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True, purge=True)
    assert [one.is_gone for one in manifests.claim("third", 10, LEASE, KEPT)] == [True]
    assert manifests.forget("third", desk.bucket.id)


def test_what_was_purged_long_ago_is_due(desk: Desk) -> None:
    catalogue: Catalogue = desk.catalogue
    (task,) = catalogue.manifests.claim("first", 10, LEASE, KEPT)
    catalogue.manifests.advance("first", task, [part(task, task.newest), part(task, task.newest, gone=1)], [])
    mark(catalogue.manifests)
    for again in catalogue.manifests.claim("first", 10, LEASE, KEPT):
        assert not again.is_overdue
        catalogue.manifests.advance("first", again, again.parts, [])
    assert [one.is_overdue for one in catalogue.manifests.claim("first", 10, LEASE, timedelta(0))] == [True]
