"""Manifests as the chore writes them and as they are read again: whatever was done, whoever wrote, wherever it was cut off."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from block_storage import BlockStore
from foundation.authorization import Role
from foundation.blocks import MIB
from foundation.problems import Unavailable
from metadata import (
    BucketChanges,
    Catalogue,
    ManifestPart,
    Member,
    Move,
)
from sync import Interrupted, ManifestParts, ManifestWriter, Seal, manifests_check, prune_manifests
from sync.errors import ManifestsBehind
from sync.manifest_reading import ManifestReader, ReadBucket
from sync.manifest_values import PREFIX, Place, part_name
from sync.slices import SLICE_ITEMS
from tests.full_run import few
from tests.metadata.catalogues import somebody
from tests.sync.test_collect import at_once
from tests.sync.workshop import Workshop

SEAL = Seal(b"s" * 32)
NOTHING = ManifestPart("none", 0, 0, 1, 0, 0)


def writer(shop: Workshop, **options: object) -> ManifestWriter:
    pause = options.pop("pause", at_once)
    return ManifestWriter(ManifestParts(shop.catalogue.manifests, SEAL), shop.store, pause, **options)  # type: ignore[arg-type]


def read(shop: Workshop, bucket: UUID | None = None) -> ReadBucket:
    reader = ManifestReader(shop.store, SEAL)
    bucket = bucket or shop.desk.bucket.id
    return reader.read(bucket, reader.places().get(bucket, []))


def told(catalogue: Catalogue, bucket: UUID) -> list[object]:
    """Everything that a rebuild promises to bring back, as the catalogue itself says it."""
    found: list[object] = []
    key = None
    while page := catalogue.manifests.everything(bucket, key):
        found += [page.bucket, *page.files, *page.versions, *page.contents]
        found += catalogue.manifests.chunks([content.id for content in page.contents], 0)
        key = page.next_key
        if key is None:
            break
    return found


def keys(store: BlockStore) -> list[str]:
    return list(store.list_meta(PREFIX))


def in_manifests(shop: Workshop, text: str) -> bool:
    """Whether any value says it, whatever a reader would make of that."""
    import zlib

    return any(text.encode() in zlib.decompress(shop.store.read_meta(key)[82:], 31) for key in keys(shop.store))


def test_what_is_committed_stands_in_manifests_and_a_second_run_writes_nothing(shop: Workshop) -> None:
    file = shop.put("a/one.txt", b"1" * MIB, b"two")
    assert writer(shop).run() == 1
    before = keys(shop.store)
    assert read(shop).files[file].path == "a/one.txt"
    assert not read(shop).told
    assert writer(shop).run() == 0
    assert keys(shop.store) == before


def test_parts_stay_few_however_many_changes_come_one_by_one(shop: Workshop) -> None:
    for number in range(40):
        shop.put(f"{number}.txt", b"same")
        writer(shop).run()
    assert len(keys(shop.store)) <= 14  # those of before the last beginning among them
    assert len(read(shop).files) == 40


def test_a_bucket_s_own_changes_and_its_members_are_followed(shop: Workshop) -> None:
    writer(shop).run()
    other = somebody()
    assert other.user
    shop.catalogue.buckets.update(shop.desk.me, shop.desk.id, BucketChanges(title="New title"))
    shop.catalogue.members.set(shop.desk.me, shop.desk.id, Member(other.user, Role.VIEWER))
    writer(shop).run()
    bucket = read(shop).bucket
    assert bucket
    assert (bucket.title, [member.user for member in bucket.members]) == ("New title", [other.user])


def test_purged_names_leave_the_manifests_and_so_do_purged_buckets(shop: Workshop) -> None:
    secret = shop.put("the-purged-name.txt", b"bytes")
    shop.put("kept.txt", b"others")
    writer(shop).run()
    assert in_manifests(shop, "the-purged-name")
    shop.catalogue.files.purge(shop.desk.me, secret, None)
    writer(shop).run()
    assert secret not in read(shop).files
    now = timedelta(0)
    writer(shop, kept=now).run()
    writer(shop, kept=now).run()
    assert not in_manifests(shop, "the-purged-name")
    assert in_manifests(shop, "kept.txt")
    shop.catalogue.buckets.delete(shop.desk.me, shop.desk.id, recursive=True, purge=True)
    writer(shop).run()
    assert keys(shop.store) == []


def test_a_bucket_in_the_trash_keeps_its_manifests(shop: Workshop) -> None:
    shop.put("one.txt", b"one")
    shop.catalogue.buckets.delete(shop.desk.me, shop.desk.id, recursive=True)
    writer(shop).run()
    found = read(shop)
    assert found.bucket
    assert found.bucket.deleted_at
    assert len(found.files) == 1


class Cut(Exception):  # noqa: N818 — what a kill is to whoever is killed.
    pass


def cutting(store: BlockStore, after: int) -> BlockStore:
    """A store whose `after`-th change of meta is the last thing that its process did."""

    class Cutting:
        left = after

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def _step(self) -> None:
            if self.left == 0:
                raise Cut
            self.left -= 1

        def replace_meta(self, key: str, data: bytes) -> None:
            self._step()
            store.replace_meta(key, data)

        def delete_meta(self, key: str) -> None:
            self._step()
            store.delete_meta(key)

    return Cutting()  # type: ignore[return-value]


@pytest.mark.parametrize("after", few(range(8), 4))
def test_cut_off_at_any_step_the_manifests_are_right_and_the_next_writer_goes_on(shop: Workshop, after: int) -> None:
    written: dict[str, UUID] = {}
    for step in range(4):
        for number in range(3 * step + 1):
            written[f"{step}-{number}"] = shop.put(f"{step}-{number}", f"{step} {number}".encode())
        if step == 2:
            shop.catalogue.files.purge(shop.desk.me, written.pop("1-0"), None)
        if step < 3:
            writer(shop, kept=timedelta(0)).run()
    parts = ManifestParts(shop.catalogue.manifests, SEAL)
    with suppress(Cut):
        ManifestWriter(parts, cutting(shop.store, after), at_once, kept=timedelta(0)).run()
    assert not [line for line in read(shop).told if "whole" not in line]
    # Whoever was killed had the bucket on lease: what it began is left to the others.
    shop.catalogue.manifests.restart()
    writer(shop).run()
    assert {file.path for file in read(shop).files.values()} == set(written)
    assert not read(shop).told
    prune_manifests(parts, shop.store, at_once)
    assert {file.path for file in read(shop).files.values()} == set(written)
    assert not in_manifests(shop, '"1-0"')


def test_a_draft_is_gone_on_with_where_it_was_interrupted(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        shop.put(f"{number}", f"{number}".encode())
    everything = shop.catalogue.manifests.everything
    pages = []

    def small(bucket: UUID, key: str | None, limit: int = 2) -> object:
        pages.append(key)
        return everything(bucket, key, limit)

    monkeypatch.setattr(type(shop.catalogue.manifests), "everything", lambda _self, *given: small(*given))
    stops = iter([None, None, Interrupted()])

    def pause(_seconds: float = 0, /) -> None:
        if stop := next(stops, None):
            raise stop

    one = writer(shop, pause=pause)
    with pytest.raises(Interrupted):
        one.run()
    assert one.run() == 1
    assert len(set(pages)) == 4
    assert len(pages) == 4
    assert {file.path for file in read(shop).files.values()} == {f"{number}" for number in range(7)}
    assert not read(shop).told


def test_what_moves_and_comes_while_everything_is_walked_through_is_told_by_what_follows(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: shop.put(name, name.encode()) for name in "abcdefgh"}
    everything = shop.catalogue.manifests.everything

    def small(_self: object, bucket: UUID, key: str | None, limit: int = 2) -> object:
        page = everything(bucket, key, limit)
        if key is None:
            shop.desk.apply(Move("A0", file_id=files["g"]))  # to where the walk has been
            shop.put("new", b"new")
            shop.catalogue.files.purge(shop.desk.me, files["f"], None)
        return page

    monkeypatch.setattr(type(shop.catalogue.manifests), "everything", small)
    writer(shop).run()
    monkeypatch.undo()
    writer(shop).run()
    found = read(shop)
    assert {file.path for file in found.files.values()} == {"a", "b", "c", "d", "e", "h", "A0", "new"}
    assert not found.told


def test_two_writers_at_once_leave_what_one_would(shop: Workshop) -> None:
    first, second = writer(shop), writer(shop)
    for number in range(30):
        shop.put(f"{number}", f"{number}".encode())
        tasks = shop.catalogue.manifests.claim("stalled", 20, timedelta(seconds=-1), timedelta(days=1))
        first.run()
        second.run()
        # Whose lease lapsed has no say any more.
        assert all(
            not shop.catalogue.manifests.advance("stalled", task, list(task.parts) or [NOTHING], []) for task in tasks
        )
    assert len(read(shop).files) == 30
    assert prune_manifests(ManifestParts(shop.catalogue.manifests, SEAL), shop.store, at_once) == 0


def test_values_that_nobody_names_are_found_slice_by_slice_however_many_there_are(shop: Workshop) -> None:
    shop.put("one", b"one")
    writer(shop).run()
    before = keys(shop.store)
    for number in range(3 * SLICE_ITEMS):
        shop.store.replace_meta(str(Place(UUID(int=number), part_name(1, 0, "0" * 16), 0)), b"of nobody")
    listed = 0
    asked: list[tuple[int, int]] = []

    class Watching:
        """Passes everything on, and counts the names that it gave."""

        def __getattr__(self, method: str) -> object:
            return getattr(shop.store, method)

        def list_meta(self, prefix: str) -> Iterator[str]:
            nonlocal listed
            for key in shop.store.list_meta(prefix):
                listed += 1
                yield key

    class Asked:
        def known(self, buckets: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
            asked.append((listed, len(buckets)))
            return shop.catalogue.manifests.known(buckets)

    pruned = prune_manifests(ManifestParts(Asked(), SEAL), Watching(), at_once)  # type: ignore[arg-type]
    assert pruned == 3 * SLICE_ITEMS
    assert keys(shop.store) == before
    assert [names for names, _ in asked] == [*range(SLICE_ITEMS, listed, SLICE_ITEMS), listed]
    assert max(buckets for _, buckets in asked) <= SLICE_ITEMS


def test_changes_that_wait_for_hours_are_told(shop: Workshop) -> None:
    shop.put("one", b"one")
    manifests = shop.catalogue.manifests
    lag = manifests.lag()
    assert lag.buckets == 1
    assert lag.since
    manifests_check(manifests)()
    later = lag.since.timestamp() + 3 * 3600
    with pytest.raises(ManifestsBehind, match="1 buckets"):
        manifests_check(manifests, lambda: later)()
    writer(shop).run()
    manifests_check(manifests, lambda: later)()
    assert manifests.lag().buckets == 0


def test_the_chores_of_a_server_write_and_prune_them(shop: Workshop) -> None:
    shop.put("one", b"one")
    parts = ManifestParts(shop.catalogue.manifests, SEAL)
    shop.store.replace_meta(
        f"{PREFIX}{shop.desk.id}/0000000001.{0:019d}.{'a' * 16}/000000", b"of somebody who was killed"
    )
    assert shop.run("manifests", manifests=parts) == 1
    assert shop.run("prune-manifests", manifests=parts) == 1
    assert not read(shop).told
    assert len(read(shop).files) == 1


def test_a_store_that_fails_leaves_the_bucket_to_be_written(shop: Workshop) -> None:
    shop.put("one", b"one")
    parts = ManifestParts(shop.catalogue.manifests, SEAL)

    class Down:
        def __getattr__(self, name: str) -> object:
            return getattr(shop.store, name)

        def replace_meta(self, *_given: object) -> None:
            raise Unavailable

    one = ManifestWriter(parts, Down(), at_once)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        one.run()
    assert shop.catalogue.manifests.lag().buckets == 1
    shop.catalogue.manifests.restart()
    assert writer(shop).run() == 1
