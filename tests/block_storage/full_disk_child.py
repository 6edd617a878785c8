"""Run by the full-disk test, in a mount namespace of its own: fills a disk of 8 MiB really, and looks what still works.

Argument: an empty folder to mount on. Ends with 0 and `survived` if all held.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import xxhash

from block_storage import FilesystemBlockStore, Health, Presence, Proof, StorageFailed, StorageFull
from foundation.blocks import BlockId, BlockName


def fill(store: FilesystemBlockStore) -> list[tuple[BlockName, bytes]]:
    """Put until it is full."""
    stored: list[tuple[BlockName, bytes]] = []
    while True:
        data = len(stored).to_bytes(4, "big") * 75_000
        name = BlockName.new(BlockId.of(data), 1)
        try:
            store.put(name, data)
        except StorageFull:
            assert store.check([(name, len(data))]) == {name: Presence.MISSING}
            return stored
        stored.append((name, data))


def full(store: FilesystemBlockStore, root: Path) -> None:
    stored = fill(store)
    assert len(stored) > 10
    store.ready()
    assert store.list() == sorted((name for name, _ in stored), key=str)
    for name, data in stored:
        assert store.get(name, xxhash.xxh3_64_intdigest(data)) == data
    with pytest.raises(StorageFull, match=str(root)):
        store.replace_meta("installation", bytes(1_000_000))
    assert list(store.list_meta()) == ["installation"]
    assert store.read_meta("installation") == b"small"
    assert not list(root.rglob(".tmp-*"))
    name, data = stored[0]
    store.delete([name for name, _ in stored[:4]])
    store.put(name, data)
    assert store.get(name, xxhash.xxh3_64_intdigest(data)) == data


def full_in_a_group(store: FilesystemBlockStore, root: Path) -> None:
    """A group for which there is room for a part only."""
    contents = [b"%d" % number * 300_000 for number in range(10, 18)]
    group = [(BlockName.new(BlockId.of(data), 2), data) for data in contents]
    before = store.list()
    store.delete(before[:4])
    with pytest.raises(StorageFull, match=str(root)):
        store.put_many(group)
    assert store.list() == before[4:]
    assert set(store.check([(name, 600_000) for name, _ in group]).values()) == {Presence.MISSING}
    assert not list(root.rglob(".tmp-*"))
    store.delete(before[4:])
    assert not any(store.put_many(group))
    assert all(store.get(name, xxhash.xxh3_64_intdigest(data)) == data for name, data in group)


def mended_onto_a_full_disk(folder: Path) -> None:
    """A copy on a disk without room for another block, then on a read-only one."""
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], check=True)
    store = FilesystemBlockStore([f"{folder}/roomy", str(small)], initialise=True)
    data = b"mended" * 100_000
    name = BlockName.new(BlockId.of(data), 1)
    store.put(name, data)
    bad = small / str(name)[:2] / str(name)
    with bad.open("r+b") as file:
        file.write(b"M")
    filler = small / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    note = "copy 2 is damaged, and there is no room to write it again"
    assert store.prove([(name, 600_000)]) == {name: Proof(Health.PARTIAL, note)}
    assert not list(small.rglob(".tmp-*"))
    filler.unlink()
    subprocess.run(["mount", "--bind", small, small], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", small], check=True)
    note = "copy 2 is damaged and cannot be written again"
    assert store.prove([(name, 600_000)]) == {name: Proof(Health.PARTIAL, note)}
    assert bad.read_bytes()[:1] == b"M"
    subprocess.run(["umount", "-l", small], check=True)
    note = "copy 2 was damaged, written again from copy 1"
    assert store.prove([(name, 600_000)]) == {name: Proof(Health.WHOLE, note, 1)}
    assert bad.read_bytes() == data
    store.close()


def read_only(store: FilesystemBlockStore, root: Path) -> None:
    names = store.list()
    # Mounted over itself: a remount of the disk below would be refused while the index is open, a failing disk does not ask.
    subprocess.run(["mount", "--bind", root, root], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
    data = b"new"
    for refused in (
        lambda: store.put(BlockName.new(BlockId.of(data), 1), data),
        lambda: store.put_many([(BlockName.new(BlockId.of(data), number), data) for number in range(8)]),
        lambda: store.delete(names),
        lambda: store.replace_meta("installation", data),
        store.ready,
    ):
        with pytest.raises(StorageFailed, match=str(root)):
            refused()
    assert store.read_meta("installation") == b"small"
    assert store.list() == names
    store.close()
    store = FilesystemBlockStore([str(root)])
    assert store.list() == names
    subprocess.run(["umount", "-l", root], check=True)
    store.put(BlockName.new(BlockId.of(data), 1), data)
    store.ready()
    store.close()


def main(folder: str) -> None:
    root = Path(folder) / "disk"
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", root], check=True)
    store = FilesystemBlockStore([str(root)], initialise=True)
    store.replace_meta("installation", b"small")
    full(store, root)
    full_in_a_group(store, root)
    read_only(store, root)
    mended_onto_a_full_disk(Path(folder))
    print("survived")  # noqa: T201 — the answer to the test.


if __name__ == "__main__":
    main(sys.argv[1])
