"""A catalogue made anew from its store: byte for byte, whatever people did before; and what it refuses, leaves out or tells."""

import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from block_storage import BlockStore, MemoryBlockStore
from foundation.authorization import Role
from foundation.blocks import MIB, BlockId, BlockName
from foundation.problems import Problem
from metadata import (
    BlockState,
    Catalogue,
    CatalogueNotEmpty,
    Copy,
    CursorExpired,
    Delete,
    Describe,
    ListQuery,
    ManifestBucket,
    ManifestVersion,
    Member,
    Move,
    MovePrefix,
    NewBucket,
    Restore,
    SearchQuery,
    Versioning,
    migrate,
    open_catalogue,
    rebuilt,
)
from sync import Rebuild, Rebuilt, Seal, TwoTruths
from sync.errors import StoreNotRight
from sync.manifest_values import Place
from tests.metadata.catalogues import Desk, somebody
from tests.servers.migrated import migrated_catalogue
from tests.servers.postgresql_server import Databases
from tests.sync.test_manifests import SEAL, keys, told, writer
from tests.sync.workshop import Workshop, open_workshop


def rebuild(shop: Workshop, into: Path, seal: Seal | None = SEAL, *, deep: bool = False) -> tuple[Catalogue, Rebuilt]:
    """A catalogue in another database, from the shop's store."""
    location = migrated_catalogue(into)
    done = rebuilt(location, Rebuild(shop.store, seal, lambda _number: None, deep=deep).run)
    return open_catalogue(location), done


def without_times(things: list[object]) -> list[object]:
    """As they are promised to come back: when what is purged goes is later, and the bucket's row was touched."""
    return [
        replace(one, purge_after=None) if isinstance(one, ManifestBucket | ManifestVersion) else one for one in things
    ]


def bytes_of(store: BlockStore, catalogue: Catalogue, content: UUID) -> bytes:
    """As a download reads it, and checked as one is."""
    pieces = []
    first = 0
    while runs := catalogue.manifests.chunks([content], first):
        pieces += [store.get(name, xxh3) for run in runs for _, name, xxh3 in run.chunks]
        first += sum(len(run.chunks) for run in runs)
    return b"".join(pieces)


class History:
    """People at work in a few buckets; what each version must read as is remembered beside the catalogue."""

    def __init__(self, shop: Workshop, seed: int) -> None:
        self.shop, self.random = shop, random.Random(seed)
        self.desks = [
            shop.desk,
            Desk(shop.catalogue, shop.desk.me, NewBucket(name=f"plain-{seed}", versioning=Versioning.OFF)),
            Desk(shop.catalogue),
        ]
        self.number = 0

    def run(self, steps: int) -> None:
        kinds = [self.put] * 4 + [
            self.move,
            self.describe,
            self.delete,
            self.restore,
            self.copy,
            self.purge,
            self.folder,
        ]
        for _ in range(steps):
            step = self.random.choice([*kinds, self.write])
            try:
                step(self.random.choice(self.desks))
            except Problem:
                continue

    def path(self) -> str:
        return f"{self.random.choice('abc')}/{self.random.choice('xyz')}-ü{self.random.randrange(4)}"

    def put(self, desk: Desk) -> None:
        self.number += 1
        size = self.random.choice([1, 100, MIB])
        first = [bytes([self.number % 7]) * MIB] if self.random.random() < 0.2 else []
        self.shop.put(self.path(), *first, f"{self.number}".encode().ljust(size, b"."), desk=desk)

    def move(self, desk: Desk) -> None:
        away = self.random.choice([None, None, self.desks[0].id, self.desks[1].id])
        desk.apply(Move(self.path(), path=self.path(), to_bucket=away))

    def folder(self, desk: Desk) -> None:
        desk.apply(MovePrefix(self.random.choice("abc") + "/", self.random.choice("abcd") + "/"))

    def describe(self, desk: Desk) -> None:
        self.number += 1
        desk.apply(Describe(path=self.path(), description=f"wörds {self.number}", tags={"k": f"{self.number}"}))

    def delete(self, desk: Desk) -> None:
        desk.apply(Delete(path=self.path()))

    def restore(self, desk: Desk) -> None:
        deleted = [one for one in self.files(desk) if one[1]]
        if deleted:
            desk.apply(Restore(self.random.choice(deleted)[0]))

    def copy(self, desk: Desk) -> None:
        if live := [one[0] for one in self.files(desk) if not one[1]]:
            self.random.choice(self.desks[:2]).apply(Copy(self.path(), file_id=self.random.choice(live)))

    def purge(self, desk: Desk) -> None:
        if files := self.files(desk):
            self.shop.catalogue.files.purge(desk.me, self.random.choice(files)[0], None)

    def write(self, _desk: Desk) -> None:
        writer(self.shop).run()

    def files(self, desk: Desk) -> list[tuple[UUID, bool]]:
        page = self.shop.catalogue.manifests.everything(desk.bucket.id, None, 10_000)
        assert page
        return [(file.id, file.deleted_at is not None) for file in page.files]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32))
def test_everything_reads_back_whatever_was_done(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("history")
    with closing(open_workshop(folder, 1)) as shop:
        history = History(shop, seed)
        history.run(50)
        writer(shop).run()
        catalogue, done = rebuild(shop, folder / "new.db")
        with closing(catalogue):
            assert not done.told
            for desk in history.desks:
                before, after = told(shop.catalogue, desk.bucket.id), told(catalogue, desk.bucket.id)
                assert without_times(after) == without_times(before)
                for content in {one.content for one in before if isinstance(one, ManifestVersion) and one.content}:
                    assert bytes_of(shop.store, catalogue, content) == bytes_of(shop.store, shop.catalogue, content)
                now, then = catalogue.buckets.get(desk.me, desk.id), desk.now()
                assert (now.files, now.versions, now.logical_bytes, now.version_bytes) == (
                    then.files,
                    then.versions,
                    then.logical_bytes,
                    then.version_bytes,
                )


def test_clients_go_on_old_cursors_are_told_to_list_anew_and_new_uploads_take_new_numbers(
    shop: Workshop, tmp_path: Path
) -> None:
    file = shop.put("one", b"one")
    writer(shop).run()
    cursor = shop.catalogue.journals.read(shop.desk.me, shop.desk.id, 0, 100).sequence
    shop.put("two", b"lost with the catalogue")
    lost = shop.catalogue.journals.read(shop.desk.me, shop.desk.id, 0, 100).sequence
    writers = shop.catalogue.installation.newest_writer()
    catalogue, done = rebuild(shop, tmp_path / "new.db")
    with closing(catalogue):
        for after in (cursor, lost):
            with pytest.raises(CursorExpired):
                catalogue.journals.read(shop.desk.me, shop.desk.id, after, 100)
        anew = catalogue.journals.read(shop.desk.me, shop.desk.id, 0, 100)
        assert [(one.file_id, one.path) for one in anew.items] == [(file, "one")]
        assert not catalogue.journals.read(shop.desk.me, shop.desk.id, anew.sequence, 100).items
        assert [one.bucket_id for one in catalogue.journals.read_root(shop.desk.me, 0, 100).items] == [
            shop.desk.bucket.id
        ]
        assert catalogue.search.find(shop.desk.me, SearchQuery(q="one")).items
        assert catalogue.installation.newest_writer() == writers
        truths = TwoTruths(catalogue.installation, shop.store, catalogue.is_new)
        truths.raise_generation()
        truths.require()
        # What was committed too late for a manifest stays, for months.
        assert done.blocks_unknown_to_manifests == 1
        assert done.kept_until
        assert catalogue.collection.due_names() == []
        assert catalogue.collection.bury_orphans(shop.store.list()) == 0
        assert catalogue.jobs.backlog()[0]["pending"] == 1
        again = Desk.__new__(Desk)
        again.catalogue, again.me, again.bucket = (
            catalogue,
            shop.desk.me,
            catalogue.buckets.get(shop.desk.me, shop.desk.id),
        )
        two = Workshop.put(shop_of(shop, catalogue), "two", b"new bytes", desk=again)
        assert catalogue.files.get(shop.desk.me, two).path == "two"


def shop_of(shop: Workshop, catalogue: Catalogue) -> Workshop:
    """The same store behind another catalogue."""
    other = Workshop.__new__(Workshop)
    other.catalogue, other.store, other.folders, other.database = catalogue, shop.store, shop.folders, shop.database
    return other


def test_a_catalogue_with_anything_in_it_is_refused_and_stays_as_it_is(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one", b"one")
    writer(shop).run()
    location = f"sqlite:///{shop.database}"
    before = told(shop.catalogue, shop.desk.bucket.id)
    with pytest.raises(CatalogueNotEmpty):
        rebuilt(location, Rebuild(shop.store, SEAL, lambda _number: None).run)
    assert told(shop.catalogue, shop.desk.bucket.id) == before
    catalogue, _ = rebuild(shop, tmp_path / "new.db")
    catalogue.close()
    with pytest.raises(CatalogueNotEmpty):
        rebuild(shop, tmp_path / "new.db")


def test_cut_off_it_leaves_an_empty_catalogue_that_is_rebuilt_the_next_time(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one", b"one")
    writer(shop).run()

    def stop(_number: int) -> None:
        raise KeyboardInterrupt

    location = migrated_catalogue(tmp_path / "new.db")
    with pytest.raises(KeyboardInterrupt):
        rebuilt(location, Rebuild(shop.store, SEAL, stop).run)
    catalogue, done = rebuild(shop, tmp_path / "new.db")
    catalogue.close()
    assert done.files == 1


def flipped(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def test_a_flipped_bit_is_told_and_the_older_beginning_and_what_followed_are_used(
    shop: Workshop, tmp_path: Path
) -> None:
    old = [shop.put(f"old {number}", f"old {number}".encode()) for number in range(3)]
    writer(shop).run()
    (older,) = keys(shop.store)
    new = [shop.put(f"new {number}", f"new {number}".encode()) for number in range(9)]
    writer(shop).run()
    (newer,) = set(keys(shop.store)) - {older}
    shop.put("last", b"last")
    writer(shop).run()
    value = shop.store.read_meta(newer)
    for at in (0, 20, 90, len(value) // 2, len(value) - 1):
        shop.store.replace_meta(newer, flipped(value, at))
        catalogue, done = rebuild(shop, tmp_path / f"{at}.db")
        with closing(catalogue):
            assert any(newer in line for line in done.told)
            found = {one.path for one in catalogue.files.list(shop.desk.me, shop.desk.id, ListQuery(limit=100)).items}
            assert found == {"old 0", "old 1", "old 2", "last"}
    assert old
    assert new


def test_another_secret_is_refused_unless_manifests_are_to_be_believed(shop: Workshop, tmp_path: Path) -> None:
    shop.put("one", b"one")
    writer(shop).run()
    with pytest.raises(StoreNotRight, match="without-secret"):
        rebuild(shop, tmp_path / "refused.db", Seal(b"another secret of 32 characters!"))
    catalogue, done = rebuild(shop, tmp_path / "believed.db", None)
    catalogue.close()
    assert done.files == 1


def test_a_value_that_was_moved_to_another_bucket_is_refused(shop: Workshop, tmp_path: Path) -> None:
    other = Desk(shop.catalogue)
    shop.put("one", b"one")
    writer(shop).run()
    for key in keys(shop.store):
        place = Place.parse(key)
        assert place
        if place.bucket == shop.desk.bucket.id:
            shop.store.replace_meta(str(replace(place, bucket=other.bucket.id)), shop.store.read_meta(key))
    catalogue, done = rebuild(shop, tmp_path / "new.db")
    catalogue.close()
    assert done.told
    assert done.files == 1


@pytest.mark.parametrize("deep", [False, True])
def test_blocks_that_are_lost_or_damaged_are_marked_and_healed_ones_are_found_under_their_new_names(
    shop: Workshop, tmp_path: Path, deep: bool
) -> None:
    files = {name: shop.put(name, name.encode()) for name in ("lost", "damaged", "healed", "right")}
    writer(shop).run()
    names = {name: next(one for one in shop.store.list() if one.id == BlockId.of(name.encode())) for name in files}
    shop.store.delete([names["lost"], names["healed"]])
    shop.store.put(BlockName.new(names["healed"].id, 99), b"healed")
    path = shop.folders[0] / str(names["damaged"])[:2] / str(names["damaged"])
    path.write_bytes(b"DAMAGED")
    catalogue, done = rebuild(shop, tmp_path / "new.db", deep=deep)
    with closing(catalogue):
        assert (done.blocks_missing, done.blocks_damaged) == (1, 1 if deep else 0)
        states = {block.name.id: block.state for block in catalogue.installation.registered(None)}
        assert states[names["lost"].id] is BlockState.MISSING
        assert states[names["healed"].id] is states[names["right"].id] is BlockState.STORED
        assert (states[names["damaged"].id] is BlockState.DAMAGED) is deep
        assert catalogue.installation.newest_writer() == 99


def test_members_trash_and_buckets_in_the_trash_come_back(shop: Workshop, tmp_path: Path) -> None:
    friend = somebody()
    assert friend.user
    shop.catalogue.members.set(shop.desk.me, shop.desk.id, Member(friend.user, Role.EDITOR))
    trashed = shop.put("gone", b"gone")
    shop.desk.apply(Delete(path="gone"))
    away = Desk(shop.catalogue, shop.desk.me)
    shop.catalogue.buckets.delete(shop.desk.me, away.id, recursive=True)
    writer(shop).run()
    catalogue, _ = rebuild(shop, tmp_path / "new.db")
    with closing(catalogue):
        assert catalogue.buckets.get(friend, shop.desk.id).role is Role.EDITOR
        assert catalogue.files.get(friend, trashed).deleted_at
        assert [one.id for one in catalogue.buckets.list(shop.desk.me, None, 10, deleted=True).items] == [
            away.bucket.id
        ]


def test_it_is_made_anew_on_postgresql_alike(shop: Workshop, postgresql: Databases) -> None:
    History(shop, 3).run(30)
    friend = somebody()
    assert friend.user
    shop.catalogue.members.set(shop.desk.me, shop.desk.id, Member(friend.user, Role.VIEWER))
    writer(shop).run()
    location = postgresql.fresh_database()
    migrate(location)
    done = rebuilt(location, Rebuild(shop.store, SEAL, lambda _number: None).run)
    assert not done.told
    with closing(open_catalogue(location)) as catalogue:
        assert without_times(told(catalogue, shop.desk.bucket.id)) == without_times(
            told(shop.catalogue, shop.desk.bucket.id)
        )
        assert catalogue.journals.read_root(friend, 0, 10).items


def test_a_store_without_manifests_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(StoreNotRight, match="no manifests"):
        rebuilt(migrated_catalogue(tmp_path / "new.db"), Rebuild(MemoryBlockStore(), SEAL, lambda _number: None).run)
