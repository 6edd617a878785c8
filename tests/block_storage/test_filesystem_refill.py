"""Copies that are lost and come back: replaced by an empty folder, mended, done without for a while, and looked at beside their owner."""

import shutil
from pathlib import Path

import pytest

from block_storage import (
    BlockDamaged,
    BlockNotFound,
    FilesystemBlockStore,
    Presence,
    StorageFailed,
    open_block_store,
    open_for_reading,
)
from tests.block_storage.samples import sample


def paths_of(place: Path) -> list[str]:
    return [f"{place}/{copy}" for copy in "abc"]


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder)
    folder.mkdir()
    return folder


@pytest.mark.parametrize("lost", ["a", "c"])
def test_a_lost_copy_is_made_again_from_the_others(tmp_path: Path, lost: str) -> None:
    FilesystemBlockStore(paths_of(tmp_path), initialise=True).close()
    store = FilesystemBlockStore(paths_of(tmp_path))
    block = sample()
    store.put(block.name, block.data)
    store.replace_meta("installation", b"7")
    store.close()
    folder = emptied(tmp_path / lost)
    store = FilesystemBlockStore(paths_of(tmp_path))
    assert not list(folder.iterdir())
    assert store.get(block.name, block.xxh3) == block.data
    assert store.check([(block.name, 1000)]) == {block.name: Presence.DEGRADED}
    store.replace_copy(str(folder))
    assert store.mend(block.name) == 1
    assert store.mend(block.name) == 0
    assert (folder / block.path).read_bytes() == block.data
    assert (folder / "meta" / "installation").read_bytes() == b"7"
    store.close()
    # The index begins anew: the lost copy may have held it.
    again = FilesystemBlockStore(paths_of(tmp_path))
    assert again.list() == [block.name]
    again.close()


def test_mending_takes_only_what_hashes_right(three_disks: FilesystemBlockStore, tmp_path: Path) -> None:
    block = sample()
    three_disks.put(block.name, block.data)
    (tmp_path / "a" / block.path).write_bytes(bytes(1000))
    (tmp_path / "b" / block.path).unlink()
    assert three_disks.mend(block.name) == 2
    assert [(tmp_path / copy / block.path).read_bytes() for copy in "abc"] == [block.data] * 3
    for copy in "abc":
        (tmp_path / copy / block.path).write_bytes(bytes(1000))
    with pytest.raises(BlockDamaged):
        three_disks.mend(block.name)
    with pytest.raises(BlockNotFound):
        three_disks.mend(sample(1).name)


def test_mending_while_a_copys_folder_is_away_writes_nothing_there(
    three_disks: FilesystemBlockStore, tmp_path: Path
) -> None:
    block = sample()
    three_disks.put(block.name, block.data)
    (tmp_path / "b").rename(tmp_path / "away")
    (tmp_path / "b").mkdir()
    with pytest.raises(StorageFailed):
        three_disks.mend(block.name)
    assert not list((tmp_path / "b").iterdir())


def test_with_a_stated_minimum_puts_go_on_without_a_copy_and_are_mended(tmp_path: Path) -> None:
    location = f"file://{tmp_path}/a?copies=3&also={tmp_path}/b&also={tmp_path}/c&least=2"
    store = open_block_store(location, initialise=True)
    assert isinstance(store, FilesystemBlockStore)
    (tmp_path / "b").rename(tmp_path / "away")
    blocks = [sample(seed) for seed in range(6)]
    store.put(blocks[0].name, blocks[0].data)
    store.put_many([(block.name, block.data) for block in blocks[1:]])
    store.ready()
    (tmp_path / "away").rename(tmp_path / "b")
    names = [(block.name, 1000) for block in blocks]
    assert set(store.check(names).values()) == {Presence.DEGRADED}
    assert sum(store.mend(block.name) for block in blocks) == 6
    assert set(store.check(names).values()) == {Presence.PRESENT}
    store.close()


def test_below_the_stated_minimum_a_put_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store = FilesystemBlockStore(paths_of(tmp_path), initialise=True, least=2)
    for copy in "bc":
        (tmp_path / copy).rename(tmp_path / f"away-{copy}")
    block = sample()
    with pytest.raises(StorageFailed):
        store.put(block.name, block.data)
    with pytest.raises(StorageFailed):
        store.ready()
    assert not [*tmp_path.glob(f"*/{block.path}")]
    store.close()


@pytest.mark.parametrize("least", ["0", "4", "two"])
def test_a_minimum_that_makes_no_sense_is_refused(tmp_path: Path, least: str) -> None:
    location = f"file://{tmp_path}/a?copies=3&also={tmp_path}/b&also={tmp_path}/c&least={least}"
    with pytest.raises(ValueError, match="least="):
        open_block_store(location, initialise=True)


def test_a_store_is_looked_at_beside_its_owner_and_not_changed(tmp_path: Path) -> None:
    location = f"file://{tmp_path}/a?also={tmp_path}/b"
    owner = open_block_store(location, initialise=True)
    block, late = sample(), sample(1)
    owner.put(block.name, block.data)
    looking = open_for_reading(location)
    assert looking.list() == [block.name]
    assert looking.get(block.name, block.xxh3) == block.data
    (tmp_path / "b" / block.path).unlink()
    assert looking.check([(block.name, 1000)]) == {block.name: Presence.DEGRADED}
    for act in (
        lambda: looking.put(late.name, late.data),
        lambda: looking.put_many([(late.name, late.data)] * 4),
        lambda: looking.delete([block.name]),
        lambda: looking.replace_meta("key", b""),
        lambda: looking.delete_meta("key"),
        looking.ready,
    ):
        with pytest.raises(StorageFailed):
            act()
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    looking.close()
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    owner.put(late.name, late.data)
    owner.close()
