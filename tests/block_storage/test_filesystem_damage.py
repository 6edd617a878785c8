"""Damage at rest (FAULTS 10 to 12): never served, healed where another copy is right, told of truthfully."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from block_storage import BlockDamaged, BlockNotFound, FilesystemBlockStore, Presence
from tests.block_storage.samples import Sample, sample

Damage = Callable[[Path], None]


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def grow(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def empty(file: Path) -> None:
    file.write_bytes(b"")


def replace_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "inside").write_text("somebody's")


def replace_by_a_link(file: Path) -> None:
    """To right bytes elsewhere: what a backup does not follow is not stored."""
    elsewhere = file.parent.parent.parent / f"elsewhere-{file.parent.parent.name}"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def delete(file: Path) -> None:
    file.unlink()


SILENT = {flip_a_bit: Presence.PRESENT}  # Its size is right: only reading finds it.
BAD: list[Damage] = [flip_a_bit, truncate, grow, empty, replace_by_a_folder, replace_by_a_link]


@pytest.fixture
def block() -> Sample:
    return sample(size=5000)


@pytest.mark.parametrize("damage", BAD)
def test_a_damaged_only_copy_is_never_served(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    disk.put(block.name, block.data)
    damage(tmp_path / "a" / block.path)
    with pytest.raises(BlockDamaged, match=str(block.name.id)):
        disk.get(block.name, block.xxh3)
    expected = SILENT.get(damage, Presence.WRONG_SIZE)
    assert disk.check([(block.name, 5000)]) == {block.name: expected}


def test_a_deleted_only_copy_is_missing(disk: FilesystemBlockStore, tmp_path: Path, block: Sample) -> None:
    disk.put(block.name, block.data)
    delete(tmp_path / "a" / block.path)
    with pytest.raises(BlockNotFound):
        disk.get(block.name, block.xxh3)
    assert disk.check([(block.name, 5000)]) == {block.name: Presence.MISSING}


@pytest.mark.parametrize("damage", [*BAD, delete])
def test_a_damaged_only_copy_is_healed_by_a_put(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    disk.put(block.name, block.data)
    damage(tmp_path / "a" / block.path)
    disk.put(block.name, block.data)
    assert disk.get(block.name, block.xxh3) == block.data


@pytest.mark.parametrize("damage", [*BAD, delete])
@pytest.mark.parametrize("copies", ["a", "ab", "bc", "c"])
def test_a_right_copy_is_served_and_heals_those_read_before_it(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage, copies: str
) -> None:
    three_disks.put(block.name, block.data)
    for copy in copies:
        damage(tmp_path / copy / block.path)
    expected = Presence.PRESENT if damage in SILENT else Presence.DEGRADED
    assert three_disks.check([(block.name, 5000)]) == {block.name: expected}
    assert three_disks.get(block.name, block.xxh3) == block.data
    read_before = copies if copies.startswith("a") else ""
    assert all((tmp_path / copy / block.path).read_bytes() == block.data for copy in read_before)


@pytest.mark.parametrize("damage", BAD)
def test_no_right_copy_of_three_is_damage(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample, damage: Damage
) -> None:
    three_disks.put(block.name, block.data)
    damage(tmp_path / "a" / block.path)
    damage(tmp_path / "b" / block.path)
    delete(tmp_path / "c" / block.path)
    with pytest.raises(BlockDamaged):
        three_disks.get(block.name, block.xxh3)


def test_bytes_that_only_their_xxh3_vouches_for_are_not_spread(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    other = sample(1, size=5000)
    three_disks.put(block.name, block.data)
    for copy in "bc":
        (tmp_path / copy / block.path).write_bytes(other.data)
    delete(tmp_path / "a" / block.path)
    three_disks.get(block.name, other.xxh3)
    assert not (tmp_path / "a" / block.path).exists()


def test_a_folder_in_the_place_of_a_block_is_kept_aside(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    disk.put(block.name, block.data)
    replace_by_a_folder(tmp_path / "a" / block.path)
    disk.delete([block.name])
    assert disk.check([(block.name, 5000)]) == {block.name: Presence.MISSING}
    assert [path.read_text() for path in (tmp_path / "a").glob("??/.aside-*/inside")] == ["somebody's"]


def test_one_of_the_256_folders_removed_is_made_again(
    disk: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    shutil.rmtree((tmp_path / "a" / block.path).parent)
    assert disk.check([(block.name, 5000)]) == {block.name: Presence.MISSING}
    disk.delete([block.name])
    disk.put(block.name, block.data)
    assert disk.get(block.name, block.xxh3) == block.data


def test_a_copy_lost_wholly_is_read_around_and_a_new_folder_filled_again(tmp_path: Path, block: Sample) -> None:
    paths = [f"{tmp_path}/{copy}" for copy in "ab"]
    store = FilesystemBlockStore(paths, initialise=True)
    store.put(block.name, block.data)
    store.close()
    shutil.rmtree(tmp_path / "a")
    store = FilesystemBlockStore(paths)
    assert store.get(block.name, block.xxh3) == block.data
    assert store.check([(block.name, 5000)]) == {block.name: Presence.DEGRADED}
    assert store.list() == [block.name]
    store.close()
    assert not (tmp_path / "a").exists()
    store = FilesystemBlockStore(paths, initialise=True)
    assert store.get(block.name, block.xxh3) == block.data
    assert store.check([(block.name, 5000)]) == {block.name: Presence.PRESENT}
    store.close()


def test_a_delete_takes_every_copy_and_no_heal_brings_one_back(
    three_disks: FilesystemBlockStore, tmp_path: Path, block: Sample
) -> None:
    three_disks.put(block.name, block.data)
    delete(tmp_path / "a" / block.path)
    three_disks.delete([block.name])
    with pytest.raises(BlockNotFound):
        three_disks.get(block.name, block.xxh3)
    assert not [*tmp_path.glob(f"?/{block.path}")]
