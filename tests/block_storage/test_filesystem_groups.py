"""Several blocks put at once on disks: what they cost, where the whole file system cannot be synced, copies that go."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from block_storage import FilesystemBlockStore, Presence, StorageFailed
from block_storage.file_system_sync import is_syncfs_believed, sync_file_system
from tests.block_storage.samples import Sample, sample

PROJECT = Path(__file__).resolve().parents[2]


def group(count: int = 12) -> list[Sample]:
    return [sample(seed) for seed in range(count)]


def put(store: FilesystemBlockStore, blocks: list[Sample]) -> None:
    assert store.put_many([(block.name, block.data) for block in blocks]) == [None] * len(blocks)


def syncs(folder: Path, count: int, root: str) -> dict[str, int]:
    """How often a child that puts two groups of `count` syncs, by call."""
    log = folder / "strace"
    subprocess.run(
        ["strace", "-f", "-qq", "--seccomp-bpf", "-o", log, "-e", "trace=syncfs,fdatasync,fsync",
         sys.executable, "-m", "tests.block_storage.put_child", str(count), "seed", root],
        cwd=PROJECT, capture_output=True, check=True,
    )  # fmt: skip
    found = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
    return {call: found.count(call) for call in ("syncfs", "fdatasync", "fsync")}


def test_a_group_costs_two_syncs_however_large_it_is(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    disk.close()
    of_none = syncs(tmp_path, 0, f"{tmp_path}/a")
    assert syncs(tmp_path, 16, f"{tmp_path}/a") == {**of_none, "syncfs": 4}


def test_where_a_folder_lies_on_another_disk_each_block_is_synced_by_itself(
    disk: FilesystemBlockStore, tmp_path: Path
) -> None:
    disk.close()
    (tmp_path / "a/3f").rmdir()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        (tmp_path / "a/3f").symlink_to(elsewhere)
        found = syncs(tmp_path, 16, f"{tmp_path}/a")
    assert found["syncfs"] == 0
    assert found["fdatasync"] >= 32


def test_syncfs_is_believed_of_the_disk_and_not_of_whatever_has_files() -> None:
    for path, is_believed in ((PROJECT, True), (Path("/proc"), False)):
        fd = os.open(path, os.O_RDONLY)
        assert is_syncfs_believed(fd) is is_believed
        os.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(-1)


def test_a_group_on_three_copies_lies_on_each(three_disks: FilesystemBlockStore, tmp_path: Path) -> None:
    blocks = group()
    put(three_disks, blocks)
    assert all(len([*tmp_path.glob(f"?/{block.path}")]) == 3 for block in blocks)
    assert not [*tmp_path.rglob(".tmp-*")]


def test_one_lost_copy_refuses_a_group_and_leaves_only_what_was_there(
    three_disks: FilesystemBlockStore, tmp_path: Path
) -> None:
    old, blocks = sample(99), group()
    three_disks.put(old.name, old.data)
    (tmp_path / "b").rename(tmp_path / "away")
    with pytest.raises(StorageFailed, match=f"{tmp_path}/b"):
        put(three_disks, [*blocks, old])
    assert not [path for block in blocks for path in tmp_path.glob(f"?/{block.path}")]
    assert len([*tmp_path.glob(f"?/{old.path}")]) == 2
    (tmp_path / "away").rename(tmp_path / "b")
    put(three_disks, [*blocks, old])
    names = [block.name for block in (*blocks, old)]
    assert three_disks.check([(name, 1000) for name in names]) == dict.fromkeys(names, Presence.PRESENT)


def test_a_folder_that_is_gone_is_made_and_one_in_the_place_of_a_block_is_set_aside(
    disk: FilesystemBlockStore, tmp_path: Path
) -> None:
    blocks = group()
    root = tmp_path / "a"
    (root / blocks[3].path).parent.rmdir()
    (root / blocks[4].path).mkdir()
    (root / blocks[4].path / "kept").touch()
    put(disk, blocks)
    assert all(disk.get(block.name, block.xxh3) == block.data for block in blocks)
    assert [path.parent.name[:7] for path in root.rglob("kept")] == [".aside-"]
