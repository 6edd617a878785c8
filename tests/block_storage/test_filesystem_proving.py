"""Reading back on disks (FAULTS 9 to 12): whatever is wrong with a copy is found, made right from another, or set aside."""

import shutil
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from block_storage import BlockNotFound, FilesystemBlockStore, Health, Presence, Proof, open_for_reading
from foundation.blocks import MAX_BLOCK_BYTES
from tests.block_storage.bytes_read import bytes_from_disks
from tests.block_storage.samples import Sample, sample
from tests.block_storage.test_filesystem_damage import (
    Damage,
    delete,
    empty,
    flip_a_bit,
    grow,
    replace_by_a_folder,
    replace_by_a_link,
    truncate,
)

WORDS: dict[Damage, str] = {
    flip_a_bit: "damaged",
    truncate: "damaged",
    grow: "damaged",
    empty: "damaged",
    replace_by_a_folder: "not readable",
    replace_by_a_link: "not readable",
    delete: "missing",
}
WRONG_BYTES = [flip_a_bit, truncate, grow, empty]
SIZE = 5000


@pytest.fixture
def block() -> Sample:
    return sample(size=SIZE)


def proved(store: FilesystemBlockStore, block: Sample) -> Proof:
    return store.prove([(block.name, SIZE)])[block.name]


def kept_aside(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in root.glob("??/.aside-*") if path.is_file()]


@pytest.mark.parametrize("damage", WORDS, ids=lambda damage: damage.__name__)
def test_a_bad_copy_is_found_and_written_again_from_a_right_one(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    three_disks.put(block.name, block.data)
    damage(tmp_path / "b" / block.path)
    note = f"copy 2 was {WORDS[damage]}, written again from copy 1"
    assert proved(three_disks, block) == Proof(Health.WHOLE, note, 1)
    assert [(tmp_path / copy / block.path).read_bytes() for copy in "abc"] == [block.data] * 3
    assert not (tmp_path / "b" / block.path).is_symlink()
    assert proved(three_disks, block) == Proof(Health.WHOLE)


def test_the_last_right_copy_makes_the_others_right(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    three_disks.put(block.name, block.data)
    flip_a_bit(tmp_path / "a" / block.path)
    delete(tmp_path / "b" / block.path)
    note = "copy 1 was damaged, written again from copy 3; copy 2 was missing, written again from copy 3"
    assert proved(three_disks, block) == Proof(Health.WHOLE, note, 2)
    assert [(tmp_path / copy / block.path).read_bytes() for copy in "abc"] == [block.data] * 3


@pytest.mark.parametrize("damage", WRONG_BYTES, ids=lambda damage: damage.__name__)
def test_where_no_copy_is_right_the_bytes_are_kept_aside_until_a_put_heals(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    disk.put(block.name, block.data)
    assert disk.list() == [block.name]
    damage(tmp_path / "a" / block.path)
    bad = (tmp_path / "a" / block.path).read_bytes()
    assert proved(disk, block) == Proof(Health.DAMAGED, "damaged on its only copy")
    assert kept_aside(tmp_path / "a") == [bad]
    assert disk.check([(block.name, SIZE)]) == {block.name: Presence.MISSING}
    assert disk.list() == []
    # A lost answer is asked for again.
    assert proved(disk, block) == Proof(Health.DAMAGED, "damaged, set aside")
    disk.put(block.name, block.data)
    assert proved(disk, block) == Proof(Health.WHOLE)
    assert disk.list() == [block.name]
    damage(tmp_path / "a" / block.path)
    assert proved(disk, block).health is Health.DAMAGED
    assert kept_aside(tmp_path / "a") == [bad] * 2


def test_damage_on_all_copies_is_told_by_copy(three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample) -> None:
    three_disks.put(block.name, block.data)
    for copy in "abc":
        flip_a_bit(tmp_path / copy / block.path)
    assert proved(three_disks, block) == Proof(Health.DAMAGED, "damaged on all 3 copies")
    assert all(kept_aside(tmp_path / copy) for copy in "abc")
    other = sample(1, size=SIZE)
    three_disks.put(other.name, other.data)
    flip_a_bit(tmp_path / "a" / other.path)
    replace_by_a_folder(tmp_path / "b" / other.path)
    delete(tmp_path / "c" / other.path)
    note = "damaged on copy 1; not readable on copy 2; missing on copy 3"
    assert proved(three_disks, other) == Proof(Health.DAMAGED, note)
    assert (tmp_path / "b" / other.path / "inside").read_text() == "somebody's"


@pytest.mark.parametrize("damage", [replace_by_a_folder, replace_by_a_link], ids=lambda damage: damage.__name__)
def test_an_only_copy_that_is_no_file_is_damage_and_left_in_place(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    disk.put(block.name, block.data)
    damage(tmp_path / "a" / block.path)
    for _ in range(2):
        assert proved(disk, block) == Proof(Health.DAMAGED, "not readable on its only copy")


def test_a_block_that_no_copy_has_is_missing(three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample) -> None:
    three_disks.put(block.name, block.data)
    for copy in "abc":
        delete(tmp_path / copy / block.path)
    assert proved(three_disks, block) == Proof(Health.MISSING, "missing on all 3 copies")


def remove(root: Path) -> None:
    root.rename(root.parent / "away")


def show_an_empty_mount(root: Path) -> None:
    remove(root)
    root.mkdir()


def put_back(root: Path) -> None:
    if root.exists():
        root.rmdir()
    (root.parent / "away").rename(root)


@pytest.mark.parametrize("loss", [remove, show_an_empty_mount], ids=lambda loss: loss.__name__)
def test_while_a_folder_is_away_nothing_is_called_missing_nor_set_aside(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample, loss: Callable[[Path], None]
) -> None:
    bad, absent = sample(1, size=SIZE), sample(2, size=SIZE)
    for each in (block, bad):
        three_disks.put(each.name, each.data)
    flip_a_bit(tmp_path / "a" / bad.path)
    flip_a_bit(tmp_path / "c" / bad.path)
    delete(tmp_path / "c" / block.path)
    loss(tmp_path / "b")
    for _ in range(2):
        mended, kept, unknown = three_disks.prove([(each.name, SIZE) for each in (block, bad, absent)]).values()
        assert (mended.health, unknown.health) == (Health.PARTIAL, Health.UNKNOWN)
        assert kept == Proof(Health.UNKNOWN, "damaged on copies 1 and 3; out of reach on copy 2")
    assert mended.note == "copy 2 is out of reach"
    assert (tmp_path / "c" / block.path).read_bytes() == block.data
    assert not kept_aside(tmp_path / "a")
    assert not (tmp_path / "b").exists() or not any((tmp_path / "b").iterdir())
    put_back(tmp_path / "b")
    note = "copy 1 was damaged, written again from copy 2; copy 3 was damaged, written again from copy 2"
    assert proved(three_disks, bad) == Proof(Health.WHOLE, note, 2)
    assert proved(three_disks, absent).health is Health.MISSING


def test_a_copy_that_is_away_or_cannot_be_written_is_read_around_without_reading_all(tmp_path: Path) -> None:
    """By the bytes that a process has had read: a block read past the cache counts each time."""
    block = sample(size=1 << 20)
    store = FilesystemBlockStore([f"{tmp_path}/{copy}" for copy in "abc"], initialise=True)
    store.put(block.name, block.data)
    remove(tmp_path / "a")
    store.get(block.name, block.xxh3)
    before = bytes_from_disks()
    store.get(block.name, block.xxh3)
    assert bytes_from_disks() - before < 1 << 20
    before = bytes_from_disks()
    assert proved(store, block) == Proof(Health.PARTIAL, "copy 1 is out of reach")
    assert bytes_from_disks() - before < 3 << 20
    store.close()


def test_an_only_folder_that_is_away_makes_all_unknown(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    disk.put(block.name, block.data)
    show_an_empty_mount(tmp_path / "a")
    assert proved(disk, block) == Proof(Health.UNKNOWN, "out of reach on its only copy")
    put_back(tmp_path / "a")
    assert proved(disk, block) == Proof(Health.WHOLE)


def test_a_copy_lost_wholly_and_replaced_by_an_empty_one_is_filled_by_reading_back(
    tmp_path: Path, block: Sample
) -> None:
    paths = [f"{tmp_path}/{copy}" for copy in "ab"]
    store = FilesystemBlockStore(paths, initialise=True)
    store.put(block.name, block.data)
    shutil.rmtree(tmp_path / "b")
    assert proved(store, block) == Proof(Health.PARTIAL, "copy 2 is out of reach")
    assert not (tmp_path / "b").exists()
    (tmp_path / "b").mkdir()
    assert proved(store, block) == Proof(Health.PARTIAL, "copy 2 is out of reach")
    assert not any((tmp_path / "b").iterdir())
    store.replace_copy(f"{tmp_path}/b")
    assert proved(store, block) == Proof(Health.WHOLE, "copy 2 was missing, written again from copy 1", 1)
    assert (tmp_path / "b" / block.path).read_bytes() == block.data
    store.close()


def test_two_at_once_on_the_same_names_agree_and_mend_once(three_disks: FilesystemBlockStore, tmp_path: Path) -> None:
    blocks = [sample(seed, size=SIZE) for seed in range(40)]
    three_disks.put_many([(block.name, block.data) for block in blocks])
    for number, block in enumerate(blocks):
        flip_a_bit(tmp_path / "abc"[number % 3] / block.path)
    names = [(block.name, SIZE) for block in blocks]
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(three_disks.prove, [names, names])
    assert {proof.health for proof in [*first.values(), *second.values()]} == {Health.WHOLE}
    assert sum(proof.mended_copies for proof in [*first.values(), *second.values()]) == len(blocks)
    assert all((tmp_path / copy / block.path).read_bytes() == block.data for copy in "abc" for block in blocks)


def test_beside_a_delete_a_copy_that_is_mended_does_not_come_back(
    three_disks: FilesystemBlockStore, tmp_path: Path
) -> None:
    begin = Barrier(2)

    def delete_one(block: Sample) -> None:
        begin.wait(10)
        three_disks.delete([block.name])

    with ThreadPoolExecutor(1) as threads:
        for seed in range(60):
            block = sample(seed, size=SIZE)
            three_disks.put(block.name, block.data)
            for copy in "bc":
                flip_a_bit(tmp_path / copy / block.path)
            deleting = threads.submit(delete_one, block)
            begin.wait(10)
            assert proved(three_disks, block).health in {Health.WHOLE, Health.MISSING}
            deleting.result()
            assert not [path for path in tmp_path.glob("?/??/*") if path.is_file()]


def test_a_read_beside_finds_what_is_mended(three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample) -> None:
    three_disks.put(block.name, block.data)
    flip_a_bit(tmp_path / "a" / block.path)
    with ThreadPoolExecutor(4) as threads:
        reads = [threads.submit(three_disks.get, block.name, block.xxh3) for _ in range(8)]
        assert proved(three_disks, block).health is Health.WHOLE
        assert {read.result() for read in reads} == {block.data}
    assert proved(three_disks, block) == Proof(Health.WHOLE)


def test_a_few_blocks_at_a_time_are_in_memory(three_disks: FilesystemBlockStore, tmp_path: Path) -> None:
    blocks = [sample(seed, size=MAX_BLOCK_BYTES) for seed in range(16)]
    for block in blocks:
        three_disks.put(block.name, block.data)
        flip_a_bit(tmp_path / "b" / block.path)
    tracemalloc.start()
    proofs = three_disks.prove([(block.name, MAX_BLOCK_BYTES) for block in blocks])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {proof.mended_copies for proof in proofs.values()} == {1}
    assert peak < 9 * MAX_BLOCK_BYTES


def test_a_store_that_is_only_looked_at_is_not_changed(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    lost = sample(1, size=SIZE)
    for each in (block, lost):
        three_disks.put(each.name, each.data)
    flip_a_bit(tmp_path / "a" / block.path)
    for copy in "abc":
        flip_a_bit(tmp_path / copy / lost.path)
    looking = open_for_reading(f"file://{tmp_path}/a?also={tmp_path}/b&also={tmp_path}/c")
    found = looking.prove([(block.name, SIZE), (lost.name, SIZE)])
    looking.close()
    assert found == {
        block.name: Proof(Health.PARTIAL, "copy 1 is damaged and cannot be written again"),
        lost.name: Proof(Health.DAMAGED, "damaged on all 3 copies"),
    }
    assert (tmp_path / "a" / block.path).read_bytes() != block.data
    assert not any(kept_aside(tmp_path / copy) for copy in "abc")


def test_what_was_set_aside_is_no_block_and_outlives_the_delete(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    disk.put(block.name, block.data)
    flip_a_bit(tmp_path / "a" / block.path)
    proved(disk, block)
    disk.close()
    again = FilesystemBlockStore([f"{tmp_path}/a"])
    assert again.list() == []
    with pytest.raises(BlockNotFound):
        again.get(block.name, block.xxh3)
    again.delete([block.name])
    again.close()
    assert len(kept_aside(tmp_path / "a")) == 1
