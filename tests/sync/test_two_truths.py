"""Nothing is erased unless the database and the store tell of the same life of the same installation."""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import connect
from uuid import uuid4

import pytest

from block_storage import BlockStore, MemoryBlockStore, StorageFailed
from foundation.blocks import BlockId, BlockName
from foundation.doorbell import InProcessDoorbell
from foundation.problems import Problem
from metadata import Catalogue, Chunk, Generation, migrate, open_catalogue
from sync import Chore, Parts, TwoTruths, chores
from sync.errors import (
    CollectionOff,
    DatabaseBehindStore,
    ForeignStore,
    NotAdopted,
    StoreBehindDatabase,
    StoreTruthInvalid,
)
from sync.store_truth import KEY, StoreTruth, read_truth, write_truth
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.metadata.catalogues import Desk
from tests.sync.conftest import AT_ONCE
from tests.sync.test_collect import at_once, file_of


def truths(catalogue: Catalogue, store: BlockStore) -> TwoTruths:
    return TwoTruths(catalogue.installation, store, catalogue.is_new)


def started(catalogue: Catalogue, store: BlockStore) -> TwoTruths:
    """As a server that starts."""
    two = truths(catalogue, store)
    two.start()
    return two


def both(catalogue: Catalogue, store: BlockStore) -> tuple[Generation | None, StoreTruth | None]:
    return catalogue.installation.read(), read_truth(store)


class LateStore(MemoryBlockStore):
    """Others do `meanwhile` before the next value of meta/ arrives."""

    meanwhile: Callable[[], None] | None = None

    def replace_meta(self, key: str, data: bytes) -> None:
        if act := self.meanwhile:
            self.meanwhile = None
            act()
        super().replace_meta(key, data)


def problem_of(two: TwoTruths) -> type[Problem] | None:
    """What the last look came to, as /readyz tells it."""
    try:
        two.ready()
    except Problem as problem:
        return type(problem)
    return None


def chore(name: str, catalogue: Catalogue, store: BlockStore, two: TwoTruths) -> Chore:
    parts = Parts(
        "here",
        catalogue.collection,
        catalogue.blocks,
        catalogue.jobs,
        catalogue.proofs,
        store,
        two,
        InProcessDoorbell(),
    )
    return next(one for one in chores(parts, at_once) if one.name == name)


def save(catalogue_file: Path, copy: Path) -> None:
    with connect(catalogue_file) as source, connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()


def test_the_first_start_gives_both_one_id_and_each_start_a_generation(
    catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    for number in (1, 2, 3):
        two = started(catalogue, store)
        ours, theirs = both(catalogue, store)
        assert ours
        assert theirs
        assert ours.installation == theirs.installation
        assert (ours.number, ours.is_settled, theirs.generation) == (number, True, number)
        assert problem_of(two) is None


def test_a_rise_that_was_cut_off_between_the_two_is_finished_and_no_alarm(
    catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    started(catalogue, store)
    for script in ("rE", "rL"):  # Reading is right; the store's write fails before or behind its effect.
        two = started(catalogue, FaultyBlockStore(store, script))
        assert problem_of(two) is StorageFailed
    assert problem_of(started(catalogue, store)) is None
    ours, theirs = both(catalogue, store)
    assert ours
    assert theirs
    assert ours.number == theirs.generation


def test_the_first_start_may_be_cut_off_too(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    assert problem_of(started(catalogue, FaultyBlockStore(store, "rrE"))) is StorageFailed
    assert read_truth(store) is None
    assert problem_of(started(catalogue, store)) is None


def test_a_store_that_is_down_puts_collection_off_this_time(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    started(catalogue, store)
    two = truths(catalogue, FaultyBlockStore(store, "E"))
    with pytest.raises(StorageFailed):
        two.require()
    two.require()
    assert problem_of(two) is None


def test_a_store_whose_generation_is_above_the_databases_stops_collection(
    catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    started(catalogue, store)
    ours = catalogue.installation.read()
    assert ours
    write_truth(store, StoreTruth(ours.installation, ours.number + 1, 0))
    two = started(catalogue, store)
    assert problem_of(two) is DatabaseBehindStore
    with pytest.raises(DatabaseBehindStore, match=r"cairn doctor --adopt"):
        two.raise_generation()
    assert catalogue.installation.read() == ours


@pytest.mark.parametrize("behind", [1, 2])
def test_a_store_whose_generation_is_below_the_databases_stops_collection(
    catalogue: Catalogue, store: MemoryBlockStore, behind: int
) -> None:
    started(catalogue, store)
    before = store.read_meta(KEY)
    for _ in range(behind):
        started(catalogue, store)
    store.replace_meta(KEY, before)
    assert problem_of(started(catalogue, store)) is StoreBehindDatabase


def test_a_store_that_lost_its_word_is_older_than_the_database(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    started(catalogue, store)
    assert problem_of(started(catalogue, MemoryBlockStore())) is StoreBehindDatabase


def test_another_installations_store_stops_collection_also_for_a_new_database(
    catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    write_truth(store, StoreTruth(uuid4(), 5, 0))
    assert problem_of(started(catalogue, store)) is ForeignStore
    assert catalogue.installation.read() is None
    started(catalogue, own := MemoryBlockStore())
    own.replace_meta(KEY, store.read_meta(KEY))
    assert problem_of(started(catalogue, own)) is ForeignStore


def test_blocks_of_nobody_knows_whom_are_not_taken_over(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    store.put(BlockName.new(BlockId.of(b"x"), 1), b"x")
    assert problem_of(started(catalogue, store)) is NotAdopted
    assert both(catalogue, store) == (None, None)


def test_an_old_catalogue_does_not_adopt_a_store_by_itself(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    desk.open("file", [Chunk(BlockId.of(b"x"), 1)])
    assert problem_of(started(catalogue, store)) is NotAdopted


@pytest.mark.parametrize("text", [b"", b"{}", b"null", b"[1]", b'{"format": 1, "installation": 7}', b"\xff"])
def test_a_word_that_cannot_be_read_stops_collection(
    catalogue: Catalogue, store: MemoryBlockStore, text: bytes
) -> None:
    started(catalogue, store)
    store.replace_meta(KEY, text)
    assert problem_of(started(catalogue, store)) is StoreTruthInvalid


def test_a_word_of_a_later_format_names_it(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    store.replace_meta(KEY, b'{"format": 2}')
    with pytest.raises(StoreTruthInvalid, match="format 2"):
        truths(catalogue, store).require()


def test_a_database_put_back_from_before_some_uploads_is_noticed_within_the_same_generation(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore, tmp_path: Path
) -> None:
    started(catalogue, store)
    save(tmp_path / "catalogue.db", tmp_path / "yesterday.db")
    file_of(desk, store, "of today", b"today")
    truths(catalogue, store).require()
    old = open_catalogue(f"sqlite:///{tmp_path / 'yesterday.db'}", AT_ONCE)
    assert problem_of(started(old, store)) is DatabaseBehindStore
    # It stays so, however many numbers it gives out from now on; and the newer one, put back, fits.
    later = Desk(old)
    for number in range(3):
        file_of(later, store, f"{number}", b"%d" % number)
    assert problem_of(started(old, store)) is DatabaseBehindStore
    old.close()
    assert problem_of(started(catalogue, store)) is None


def test_a_name_of_a_later_life_in_a_listing_stops_the_sweep_before_anything_dies(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    two = started(catalogue, store)
    ended = desk.open("a", [Chunk(BlockId.of(b"x"), 1)])
    catalogue.uploads.end(desk.me, ended.id)
    for writer in (ended.writer, ended.writer + 1):
        store.put(BlockName.new(BlockId.of(b"x"), writer), b"x")
    with pytest.raises(DatabaseBehindStore):
        chore("sweep", catalogue, store, two).run()
    assert catalogue.installation.dead() == 0
    # Also for whoever asks later, in another process.
    with pytest.raises(DatabaseBehindStore):
        truths(catalogue, store).require()


@pytest.mark.parametrize("name", ["collect", "erase", "sweep"])
def test_whatever_may_erase_stops_where_the_two_disagree(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore, name: str
) -> None:
    two = started(catalogue, store)
    gone = file_of(desk, store, "gone", b"gone")
    catalogue.files.purge(desk.me, gone, None)
    if name == "erase":
        chore("collect", catalogue, store, two).run()
    elif name == "sweep":
        ended = desk.open("a", [Chunk(BlockId.of(b"x"), 1)])
        catalogue.uploads.end(desk.me, ended.id)
        store.put(BlockName.new(BlockId.of(b"x"), ended.writer), b"x")
    theirs = read_truth(store)
    assert theirs
    write_truth(store, StoreTruth(theirs.installation, theirs.generation + 1, theirs.writer))
    before = store.list()
    with pytest.raises(CollectionOff):
        chore(name, catalogue, store, two).run()
    assert store.list() == before
    write_truth(store, theirs)
    assert chore(name, catalogue, store, two).run() > 0


def test_the_generation_rises_daily(catalogue: Catalogue, store: MemoryBlockStore) -> None:
    two = started(catalogue, store)
    daily = chore("generation", catalogue, store, two)
    assert daily.every_seconds == 24 * 3600
    daily.run()
    ours, theirs = both(catalogue, store)
    assert ours
    assert theirs
    assert ours.number == theirs.generation == 2


@pytest.mark.parametrize("is_start", [True, False])
def test_what_a_slow_server_writes_does_not_put_the_store_behind_what_others_wrote_meanwhile(
    catalogue: Catalogue, is_start: bool
) -> None:
    store = LateStore()
    slow = started(catalogue, store)
    Desk(catalogue).basket()  # An upload number that the store does not know yet.

    def others() -> None:
        for _ in range(3):
            assert problem_of(started(catalogue, store)) is None

    store.meanwhile = others
    (slow.raise_generation if is_start else slow.require)()
    assert store.meanwhile is None
    assert problem_of(started(catalogue, store)) is None
    slow.require()


def test_two_servers_that_start_at_once_agree(tmp_path: Path, store: MemoryBlockStore) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    migrate(url)
    one, other = open_catalogue(url, AT_ONCE), open_catalogue(url, AT_ONCE)
    first, second = started(one, store), started(other, store)
    first.raise_generation()
    second.raise_generation()
    first.require()
    ours, theirs = both(one, store)
    assert ours
    assert theirs
    assert ours.number == theirs.generation
    one.close()
    other.close()
