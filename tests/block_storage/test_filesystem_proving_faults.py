"""Reading back while the disk itself fails (FAULTS 9 to 11), by strace; and that it is the disk that is read."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from block_storage import FilesystemBlockStore, Health, Proof
from tests.block_storage.bytes_read import bytes_from_disks
from tests.block_storage.samples import Sample, sample

PROJECT = Path(__file__).resolve().parents[2]
# What a process that may not read a file meets, whoever runs the tests, and a bad sector, and damage that the file system knows of.
REFUSALS = [
    "openat:error=EACCES",
    "openat:error=EIO",
    "read:error=EIO",
    "read:error=ENODATA",
    "fadvise64:error=EUCLEAN",
]


@pytest.fixture
def block() -> Sample:
    return sample(size=5000)


def stored(folder: Path, copies: str, block: Sample) -> list[str]:
    """The folders of the copies, the store closed."""
    paths = [f"{folder}/{copy}" for copy in copies]
    store = FilesystemBlockStore(paths, initialise=True)
    store.put(block.name, block.data)
    store.close()
    return paths


def proved(paths: list[str], block: Sample, inject: str, *failing: str) -> Proof:
    """By a child whose calls on the files `failing` fail as `inject` says."""
    log = f"{paths[0]}/../strace"
    where = [word for path in failing for word in ("-P", path)]
    child = subprocess.run(
        ["strace", "-f", "-qq", "-o", log, *where, "-e", f"trace={inject.partition(':')[0]}", "-e", f"inject={inject}",
         sys.executable, "-m", "tests.block_storage.prove_child", str(block.name), *paths],
        cwd=PROJECT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert "(INJECTED)" in Path(log).read_text()
    told = json.loads(child.stdout)
    found = Proof(Health(told["health"]), told["note"], told["mended_copies"])
    assert asdict(found) == told
    return found


@pytest.mark.parametrize("inject", REFUSALS)
def test_a_copy_that_cannot_be_read_is_written_again(tmp_path: Path, block: Sample, inject: str) -> None:
    paths = stored(tmp_path, "abc", block)
    file = tmp_path / "b" / block.path
    before = file.stat().st_ino
    note = "copy 2 was not readable, written again from copy 1"
    assert proved(paths, block, inject, str(file)) == Proof(Health.WHOLE, note, 1)
    assert file.read_bytes() == block.data
    assert file.stat().st_ino != before


@pytest.mark.parametrize("inject", REFUSALS)
def test_an_only_copy_that_cannot_be_read_is_damage_left_in_place(tmp_path: Path, block: Sample, inject: str) -> None:
    paths = stored(tmp_path, "a", block)
    file = tmp_path / "a" / block.path
    before = file.stat().st_ino
    assert proved(paths, block, inject, str(file)) == Proof(Health.DAMAGED, "not readable on its only copy")
    assert (file.stat().st_ino, file.read_bytes()) == (before, block.data)
    store = FilesystemBlockStore(paths)
    assert store.prove([(block.name, 5000)]) == {block.name: Proof(Health.WHOLE)}
    store.close()


def test_a_read_that_fails_once_is_made_good_by_the_second(tmp_path: Path, block: Sample) -> None:
    paths = stored(tmp_path, "a", block)
    file = str(tmp_path / "a" / block.path)
    assert proved(paths, block, "read:error=EIO:when=1", file) == Proof(Health.WHOLE)


def test_bytes_that_were_read_only_once_are_not_set_aside(tmp_path: Path, block: Sample) -> None:
    paths = stored(tmp_path, "a", block)
    file = tmp_path / "a" / block.path
    file.write_bytes(bytes(5000))
    found = proved(paths, block, "read:error=EIO:when=1", str(file))
    assert found == Proof(Health.DAMAGED, "damaged on its only copy")
    assert file.read_bytes() == bytes(5000)


@pytest.mark.parametrize("error", ["EMFILE", "ENOMEM", "ESTALE"])
def test_a_failure_of_the_moment_says_nothing_of_the_block(tmp_path: Path, block: Sample, error: str) -> None:
    paths = stored(tmp_path, "ab", block)
    bad = [tmp_path / copy / block.path for copy in "ab"]
    bad[0].write_bytes(bytes(5000))
    found = proved(paths, block, f"openat:error={error}", str(bad[1]))
    assert found == Proof(Health.UNKNOWN, "damaged on copy 1; out of reach on copy 2")
    assert bad[0].read_bytes() == bytes(5000)
    assert bad[1].read_bytes() == block.data


def test_a_disk_that_gives_nothing_at_all_says_nothing_of_its_blocks(tmp_path: Path, block: Sample) -> None:
    paths = stored(tmp_path, "a", block)
    failing = (str(tmp_path / "a" / block.path), f"{tmp_path}/a/cairn-store")
    # Reading back alone makes this call, so the store opens.
    found = proved(paths, block, "fadvise64:error=EIO", *failing)
    assert found == Proof(Health.UNKNOWN, "out of reach on its only copy")


@pytest.mark.parametrize("call", ["fdatasync:error=EIO", "rename,renameat,renameat2:error=EROFS"])
def test_a_copy_that_cannot_be_written_again_stays_and_is_told_of(tmp_path: Path, block: Sample, call: str) -> None:
    paths = stored(tmp_path, "ab", block)
    bad = tmp_path / "b" / block.path
    bad.write_bytes(bytes(5000))
    # Everything else of the child that makes these calls comes after: closing notes that it was clean, if it can.
    found = proved(paths, block, call)
    assert found == Proof(Health.PARTIAL, "copy 2 is damaged and cannot be written again")
    assert bad.read_bytes() == bytes(5000)
    assert not list(tmp_path.glob("b/??/.tmp-*"))


def test_bytes_that_cannot_be_set_aside_are_damage_all_the_same(tmp_path: Path, block: Sample) -> None:
    paths = stored(tmp_path, "a", block)
    bad = tmp_path / "a" / block.path
    bad.write_bytes(bytes(5000))
    found = proved(paths, block, "rename,renameat,renameat2:error=EROFS")
    assert found == Proof(Health.DAMAGED, "damaged on its only copy")
    assert bad.read_bytes() == bytes(5000)


def test_it_is_the_disk_that_is_read_and_what_was_read_is_not_kept_in_memory(tmp_path: Path) -> None:
    block = sample(size=1 << 20)
    # A file system in memory has no disk behind it.
    from_disk = 1 << 20 if os.major(tmp_path.stat().st_dev) else 0
    store = FilesystemBlockStore([f"{tmp_path}/a"], initialise=True)
    store.put(block.name, block.data)
    before = bytes_from_disks()
    store.get(block.name, block.xxh3)
    assert bytes_from_disks() - before < 1 << 20
    for _ in range(2):
        before = bytes_from_disks()
        assert store.prove([(block.name, 1 << 20)]) == {block.name: Proof(Health.WHOLE)}
        assert bytes_from_disks() - before >= from_disk
    before = bytes_from_disks()
    store.get(block.name, block.xxh3)
    assert bytes_from_disks() - before >= from_disk
    store.close()
