"""The folders of a disk store: locks, markers, mounts that go and come back, leftovers, the index."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from block_storage import BlockNotFound, FilesystemBlockStore, Presence, StorageFailed, StoreInUse
from tests.block_storage.samples import sample

PROJECT = Path(__file__).resolve().parents[2]
HOLD = "import sys; from block_storage import FilesystemBlockStore as F; s = F([sys.argv[1]]); print('open', flush=True); sys.stdin.read()"


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_blocks_lie_as_the_format_says_and_sha256sum_agrees(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    blocks = [sample(seed) for seed in range(5)]
    for block in blocks:
        disk.put(block.name, block.data)
    found = [path for path in (tmp_path / "a").glob("??/*") if path.is_file()]
    assert {path.name for path in found} == {str(block.name) for block in blocks}
    for path in found:
        assert path.parent.name == path.name[:2]
        assert (
            subprocess.run(["sha256sum", path], capture_output=True, check=True, text=True).stdout[:64]
            == path.name[:64]
        )


def test_nothing_is_made_in_a_folder_without_a_marker_unless_told(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    with pytest.raises(StorageFailed, match="holds no store"):
        FilesystemBlockStore([f"{tmp_path}/mount"])
    assert not any((tmp_path / "mount").iterdir())


def test_a_folder_with_other_files_is_never_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StorageFailed, match=r"not empty \(thesis.txt\)"):
        FilesystemBlockStore([str(tmp_path)], initialise=True)
    assert files(tmp_path) == ["thesis.txt"]


def test_a_second_store_on_one_folder_is_refused_until_the_first_closes(
    disk: FilesystemBlockStore, tmp_path: Path
) -> None:
    with pytest.raises(StoreInUse, match=f"{tmp_path}/a"):
        FilesystemBlockStore([f"{tmp_path}/a"])
    disk.close()
    FilesystemBlockStore([f"{tmp_path}/a"]).close()


def test_another_process_is_refused_and_its_death_frees_the_folder(tmp_path: Path) -> None:
    FilesystemBlockStore([f"{tmp_path}/a"], initialise=True).close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, f"{tmp_path}/a"], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreInUse):
            FilesystemBlockStore([f"{tmp_path}/a"])
        holder.kill()
    FilesystemBlockStore([f"{tmp_path}/a"]).close()


def test_a_folder_twice_is_no_second_copy(tmp_path: Path) -> None:
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ValueError, match="folder of its own"):
        FilesystemBlockStore([f"{tmp_path}/a", f"{tmp_path}/b"], initialise=True)


def test_copies_of_different_stores_are_not_mixed(tmp_path: Path) -> None:
    for copy in "ab":
        FilesystemBlockStore([f"{tmp_path}/{copy}"], initialise=True).close()
    with pytest.raises(StorageFailed, match="different stores"):
        FilesystemBlockStore([f"{tmp_path}/a", f"{tmp_path}/b"])


def test_a_marker_of_a_later_version_is_refused(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    disk.close()
    (tmp_path / "a" / "cairn-store").write_text("cairn block store 2\n")
    with pytest.raises(StorageFailed, match="version"):
        FilesystemBlockStore([f"{tmp_path}/a"])


@pytest.mark.parametrize("loss", ["removed", "empty mount", "no marker"])
def test_a_disk_that_goes_is_unknown_not_missing_and_is_taken_back(
    disk: FilesystemBlockStore, tmp_path: Path, loss: str
) -> None:
    block, late = sample(), sample(1)
    disk.put(block.name, block.data)
    root, away = tmp_path / "a", tmp_path / "away"
    if loss == "no marker":
        (root / "cairn-store").rename(away)
    else:
        root.rename(away)
    if loss == "empty mount":
        root.mkdir()
    assert disk.check([(block.name, 1000), (late.name, 1000)])[late.name] is Presence.UNKNOWN
    for act in (
        lambda: disk.put(late.name, late.data),
        lambda: disk.get(late.name, late.xxh3),
        lambda: disk.delete([late.name]),
        lambda: disk.replace_meta("key", b""),
        lambda: disk.read_meta("key"),
        lambda: list(disk.list_meta()),
        disk.ready,
    ):
        with pytest.raises(StorageFailed, match=str(root)):
            act()
    if loss == "empty mount":
        assert not any(root.iterdir())
        root.rmdir()
    away.rename(root / "cairn-store" if loss == "no marker" else root)
    disk.ready()
    disk.put(late.name, late.data)
    assert disk.get(block.name, block.xxh3) == block.data
    assert disk.check([(block.name, 1000), (late.name, 1000)]) == {
        block.name: Presence.PRESENT,
        late.name: Presence.PRESENT,
    }


def test_another_stores_disk_in_its_place_is_not_written_to(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    FilesystemBlockStore([f"{tmp_path}/other"], initialise=True).close()
    (tmp_path / "a").rename(tmp_path / "away")
    (tmp_path / "other").rename(tmp_path / "a")
    before = files(tmp_path / "a")
    block = sample()
    with pytest.raises(StorageFailed, match="another store"):
        disk.put(block.name, block.data)
    assert files(tmp_path / "a") == before


def test_one_lost_copy_of_three_stops_puts_and_leaves_nothing_behind(
    three_disks: FilesystemBlockStore, tmp_path: Path
) -> None:
    old, new = sample(), sample(1)
    three_disks.put(old.name, old.data)
    (tmp_path / "b").rename(tmp_path / "away")
    with pytest.raises(StorageFailed, match=f"{tmp_path}/b"):
        three_disks.put(new.name, new.data)
    assert not [*tmp_path.glob(f"?/{new.path}")]
    assert three_disks.get(old.name, old.xxh3) == old.data
    assert three_disks.check([(old.name, 1000), (new.name, 1000)]) == {
        old.name: Presence.DEGRADED,
        new.name: Presence.UNKNOWN,
    }
    with pytest.raises(StorageFailed):
        three_disks.get(new.name, new.xxh3)
    (tmp_path / "away").rename(tmp_path / "b")
    three_disks.put(new.name, new.data)
    assert three_disks.check([(new.name, 1000)]) == {new.name: Presence.PRESENT}


def test_a_repeated_put_that_fails_leaves_the_copies_that_were_there(
    three_disks: FilesystemBlockStore, tmp_path: Path
) -> None:
    block = sample()
    three_disks.put(block.name, block.data)
    (tmp_path / "b").rename(tmp_path / "away")
    with pytest.raises(StorageFailed):
        three_disks.put(block.name, block.data)
    assert len([*tmp_path.glob(f"?/{block.path}")]) == 2


def test_leftovers_of_a_crash_are_swept_and_nothing_else(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    block = sample()
    disk.put(block.name, block.data)
    disk.close()
    root = tmp_path / "a"
    (root / "cairn-clean").unlink()
    before = files(root)
    for leftover in ("00/.tmp-0123456789abcdef", "ff/.tmp-x", "meta/.tmp-1", ".tmp-marker"):
        (root / leftover).write_bytes(b"half")
    (root / "00" / "note.txt").write_text("somebody's")
    reopened = FilesystemBlockStore([str(root)])
    assert reopened.list() == [block.name]
    reopened.close()
    assert [name for name in files(root) if not name.startswith(("index", "cairn-clean"))] == sorted(
        [*(name for name in before if not name.startswith("index")), "00/note.txt"]
    )


def test_the_mark_of_a_clean_end_is_gone_while_the_store_is_open(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    mark = tmp_path / "a" / "cairn-clean"
    assert not mark.exists()
    disk.close()
    assert mark.exists()
    reopened = FilesystemBlockStore([f"{tmp_path}/a"])
    assert not mark.exists()
    reopened.close()


@pytest.mark.parametrize("harm", ["lost", "garbage", "empty", "a folder", "from before a crash"])
def test_the_list_is_right_whatever_became_of_the_index(disk: FilesystemBlockStore, tmp_path: Path, harm: str) -> None:
    blocks = [sample(seed) for seed in range(5)]
    for block in blocks:
        disk.put(block.name, block.data)
    disk.close()
    index = tmp_path / "a" / "index.sqlite"
    match harm:
        case "garbage":
            index.write_bytes(os.urandom(8192))
        case "empty":
            index.write_bytes(b"")
        case "from before a crash":
            (tmp_path / "a" / blocks[0].path).unlink()
            (tmp_path / "a" / "cairn-clean").unlink()
            blocks = blocks[1:]
        case _:
            index.unlink()
    if harm == "a folder":
        index.mkdir()
    reopened = FilesystemBlockStore([f"{tmp_path}/a"])
    new = sample(9)
    reopened.put(new.name, new.data)
    assert reopened.list() == sorted((block.name for block in [*blocks, new]), key=str)
    reopened.close()


def test_the_list_tells_of_what_any_copy_has(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{copy}" for copy in "ab"]
    store = FilesystemBlockStore(paths, initialise=True)
    block = sample()
    store.put(block.name, block.data)
    store.close()
    shutil.rmtree(tmp_path / "a")
    store = FilesystemBlockStore(paths, initialise=True)
    assert store.list() == [block.name]
    store.close()


def test_a_closed_store_opens_with_its_meta_and_blocks(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    block = sample()
    disk.put(block.name, block.data)
    disk.replace_meta("installation/id", b"42")
    disk.close()
    reopened = FilesystemBlockStore([f"{tmp_path}/a"])
    assert reopened.get(block.name, block.xxh3) == block.data
    assert reopened.read_meta("installation/id") == b"42"
    assert (
        hashlib.sha256((tmp_path / "a" / "meta" / "installation=id").read_bytes()).digest()
        == hashlib.sha256(b"42").digest()
    )
    reopened.close()


def test_an_unreadable_meta_value_is_not_taken_for_a_missing_one(disk: FilesystemBlockStore, tmp_path: Path) -> None:
    (tmp_path / "a" / "meta" / "installation").mkdir()
    with pytest.raises(StorageFailed):
        disk.read_meta("installation")
    with pytest.raises(BlockNotFound):
        disk.read_meta("other")


def test_each_copy_says_by_itself_whether_it_can_be_written_to(tmp_path: Path) -> None:
    store = FilesystemBlockStore([f"{tmp_path}/{name}" for name in "ab"], initialise=True, least=1)
    copies = store.copies()
    assert list(copies) == ["copy 1", "copy 2"]
    (tmp_path / "b").rename(tmp_path / "away")
    copies["copy 1"]()
    with pytest.raises(StorageFailed):
        copies["copy 2"]()
    store.ready()
    store.close()
    with_one = FilesystemBlockStore([f"{tmp_path}/single"], initialise=True)
    assert with_one.copies() == {}
    with_one.close()
