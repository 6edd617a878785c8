"""What nobody names any more leaves the store; nothing else does; and a fault in between costs nothing but time."""

from collections.abc import Sequence

from block_storage import BlockStore, MemoryBlockStore, StorageFailed
from foundation.blocks import BlockId, BlockName
from metadata import Catalogue, Chunk, MovePrefix, Put, Upload
from sync import collect, erase, expire, index, nominate, prune, recount, sweep
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.metadata.catalogues import Desk, received


def at_once(_seconds: float = 0.0) -> None:
    """No pause between slices."""


def all_known(_names: Sequence[BlockName]) -> None:
    """The catalogue is not older than the store."""


def stored(desk: Desk, store: BlockStore, upload: Upload, data: bytes) -> Chunk:
    """A block of `upload`: its bytes in the store, its row in the catalogue."""
    chunk = Chunk(BlockId.of(data), len(data))
    (block,) = received(upload, [chunk])
    store.put(block.name, data)
    desk.catalogue.blocks.register(upload.id, [block])
    return chunk


def file_of(desk: Desk, store: BlockStore, path: str, data: bytes) -> object:
    upload = desk.open(path, [Chunk(BlockId.of(data), len(data))])
    stored(desk, store, upload, data)
    return desk.commit(upload.id).version.file_id


def test_a_purged_files_bytes_leave_the_store_and_others_stay(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    file_of(desk, store, "kept", b"kept")
    gone = file_of(desk, store, "gone", b"gone")
    catalogue.files.purge(desk.me, gone, None)
    assert collect(catalogue.collection, at_once) == 2  # its content and its block
    assert erase(catalogue.collection, store, at_once) == 1
    assert [name.id for name in store.list()] == [BlockId.of(b"kept")]


def test_an_upload_that_expired_leaves_nothing_behind(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    upload = desk.open("never", [Chunk(BlockId.of(b"x"), 1)])
    stored(desk, store, upload, b"x")
    assert expire(catalogue.collection, at_once).uploads == 1
    collect(catalogue.collection, at_once)
    erase(catalogue.collection, store, at_once)
    assert store.list() == []


def test_the_sweep_takes_orphans_of_ended_uploads_only(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    still_open, ended = desk.open("a", [Chunk(BlockId.of(b"x"), 1)]), desk.open("b", [Chunk(BlockId.of(b"x"), 1)])
    catalogue.uploads.end(desk.me, ended.id)
    # Put, but never registered: the server died in between.
    living, orphan = BlockName.new(BlockId.of(b"x"), still_open.writer), BlockName.new(BlockId.of(b"x"), ended.writer)
    store.put(living, b"x")
    store.put(orphan, b"x")
    assert sweep(catalogue.collection, store, all_known, at_once) == 1
    erase(catalogue.collection, store, at_once)
    assert store.list() == [living]


def test_a_store_that_is_down_puts_erasing_off_and_loses_no_name(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    gone = file_of(desk, store, "gone", b"gone")
    catalogue.files.purge(desk.me, gone, None)
    collect(catalogue.collection, at_once)
    try:
        erase(catalogue.collection, FaultyBlockStore(store, "E"), at_once)
    except StorageFailed:
        assert len(store.list()) == 1
    else:
        raise AssertionError("the fault did not reach the caller")
    assert erase(catalogue.collection, store, at_once) == 1
    assert store.list() == []


def test_bytes_that_are_gone_already_do_not_hold_erasing_up(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    gone = file_of(desk, store, "gone", b"gone")
    catalogue.files.purge(desk.me, gone, None)
    collect(catalogue.collection, at_once)
    store.delete(store.list())  # A crash between the store's delete and the catalogue's.
    assert erase(catalogue.collection, store, at_once) == 1
    assert catalogue.collection.due_names() == []


def test_reconciling_a_sound_catalogue_nominates_nothing(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    file_of(desk, store, "kept", b"kept")
    assert nominate(catalogue.collection, at_once) == 0


def test_search_s_index_catches_up_in_slices(desk: Desk, catalogue: Catalogue) -> None:
    desk.apply(*(Put(f"cats/{number:03}", []) for number in range(450)))
    desk.apply(MovePrefix("cats", "lions"))
    pauses: list[int] = []
    assert index(catalogue.collection, lambda: pauses.append(1)) == 450
    assert len(pauses) == 3
    assert index(catalogue.collection, at_once) == 0


def test_recounting_and_pruning_a_sound_catalogue_change_nothing(
    desk: Desk, catalogue: Catalogue, store: MemoryBlockStore
) -> None:
    file_of(desk, store, "kept", b"kept")
    Desk(catalogue)
    before, pauses = desk.now(), []
    assert recount(catalogue.collection, lambda: pauses.append(1)) == 0
    assert len(pauses) == 2
    assert prune(catalogue.collection, at_once) == 0
    assert desk.now() == before
