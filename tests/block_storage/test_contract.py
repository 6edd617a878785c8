"""What every block store promises: one suite, all media, real servers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import xxhash

from block_storage import BlockCorrupt, BlockDamaged, BlockNotFound, BlockStore, CodecUnknown, Presence
from foundation.blocks import MAX_BLOCK_BYTES, BlockId, BlockName
from tests.block_storage.samples import sample


def test_what_was_put_is_got_byte_for_byte(store: BlockStore) -> None:
    for size in (1, 65_536, 1_048_577, MAX_BLOCK_BYTES):
        block = sample(size=size)
        store.put(block.name, block.data)
        assert store.get(block.name, block.xxh3) == block.data


def test_any_buffer_can_be_put(store: BlockStore) -> None:
    for kind in (bytes, bytearray, memoryview):
        block = sample(1)
        store.put(block.name, kind(block.data))
        assert store.get(block.name, block.xxh3) == block.data


def test_what_is_got_does_not_change_with_the_buffer_that_was_put(store: BlockStore) -> None:
    block = sample(2)
    buffer = bytearray(block.data)
    store.put(block.name, buffer)
    buffer[0] ^= 1
    assert store.get(block.name, block.xxh3) == block.data


def test_put_refuses_bytes_that_are_not_the_id_and_stores_nothing(store: BlockStore) -> None:
    block = sample(3)
    with pytest.raises(BlockCorrupt):
        store.put(block.name, block.data + b"x")
    assert store.check([(block.name, 1000)]) == {block.name: Presence.MISSING}
    assert store.list() == []


def test_put_refuses_blocks_of_a_length_that_no_block_has(store: BlockStore) -> None:
    for data in (b"", bytes(MAX_BLOCK_BYTES + 1)):
        with pytest.raises(BlockCorrupt):
            store.put(BlockName.new(BlockId.of(data), 1), data)
    assert store.list() == []


def test_put_again_is_harmless(store: BlockStore) -> None:
    block = sample(4)
    store.put(block.name, block.data)
    store.put(block.name, block.data)
    assert store.get(block.name, block.xxh3) == block.data
    assert store.list() == [block.name]


def test_a_refused_put_leaves_what_was_there(store: BlockStore) -> None:
    block = sample(5)
    store.put(block.name, block.data)
    with pytest.raises(BlockCorrupt):
        store.put(block.name, b"other")
    assert store.get(block.name, block.xxh3) == block.data


def test_a_codec_that_is_not_known_is_refused_both_ways(store: BlockStore) -> None:
    block = sample(6)
    name = BlockName(block.name.id, 1, "0" * 16, "zst")
    with pytest.raises(CodecUnknown):
        store.put(name, block.data)
    with pytest.raises(CodecUnknown):
        store.get(name, block.xxh3)


def test_get_of_what_is_not_there_says_so(store: BlockStore) -> None:
    with pytest.raises(BlockNotFound):
        store.get(sample(7).name, 0)


def test_get_never_gives_bytes_with_another_checksum(store: BlockStore) -> None:
    block = sample(8)
    store.put(block.name, block.data)
    with pytest.raises(BlockDamaged):
        store.get(block.name, block.xxh3 ^ 1)


def test_two_names_of_one_block_are_apart(store: BlockStore) -> None:
    first, second = sample(9), sample(9)
    store.put(first.name, first.data)
    store.put(second.name, second.data)
    store.delete([first.name])
    assert store.get(second.name, second.xxh3) == second.data
    with pytest.raises(BlockNotFound):
        store.get(first.name, first.xxh3)


def test_check_tells_present_missing_and_wrong_size(store: BlockStore) -> None:
    here, longer, absent = sample(10), sample(11), sample(12)
    store.put(here.name, here.data)
    store.put(longer.name, longer.data)
    assert store.check([(here.name, 1000), (longer.name, 999), (absent.name, 1000)]) == {
        here.name: Presence.PRESENT,
        longer.name: Presence.WRONG_SIZE,
        absent.name: Presence.MISSING,
    }
    assert store.check([]) == {}


def test_delete_takes_many_and_does_not_mind_what_is_missing(store: BlockStore) -> None:
    blocks = [sample(seed) for seed in range(20, 30)]
    for block in blocks:
        store.put(block.name, block.data)
    gone = [block.name for block in blocks[:7]]
    store.delete([*gone, sample(31).name])
    store.delete(gone)
    store.delete([])
    assert store.list() == sorted((block.name for block in blocks[7:]), key=str)


def test_a_deleted_name_can_be_put_again(store: BlockStore) -> None:
    block = sample(32)
    store.put(block.name, block.data)
    store.delete([block.name])
    store.put(block.name, block.data)
    assert store.get(block.name, block.xxh3) == block.data
    assert store.list() == [block.name]


def test_list_pages_in_the_order_of_the_names_text(store: BlockStore) -> None:
    blocks = [sample(seed, writer=writer) for seed in range(12) for writer in (2, 10)]
    for block in blocks:
        store.put(block.name, block.data)
    expected = sorted((block.name for block in blocks), key=str)
    pages: list[BlockName] = []
    while page := store.list(pages[-1] if pages else None, limit=5):
        assert len(page) <= 5
        pages += page
    assert pages == expected


def test_list_begins_behind_a_name_that_is_not_there(store: BlockStore) -> None:
    blocks = sorted((sample(seed) for seed in range(6)), key=lambda block: str(block.name))
    for block in blocks:
        store.put(block.name, block.data)
    store.delete([blocks[2].name])
    assert store.list(blocks[2].name, limit=2) == [blocks[3].name, blocks[4].name]
    assert store.list(blocks[5].name) == []


def test_meta_is_replaced_read_listed_and_deleted(store: BlockStore) -> None:
    with pytest.raises(BlockNotFound):
        store.read_meta("installation")
    store.replace_meta("installation", b"one")
    store.replace_meta("installation", b"two")
    assert store.read_meta("installation") == b"two"
    assert list(store.list_meta()) == ["installation"]
    store.delete_meta("installation")
    store.delete_meta("installation")
    assert list(store.list_meta()) == []


def test_meta_keys_come_in_order_and_by_prefix(store: BlockStore) -> None:
    keys = ["a", "a/b", "a-b", "a.b", "a/b/c", "b_/x", "manifests/00001", "manifests/00002", "k" * 200]
    for key in keys:
        store.replace_meta(key, key.encode())
    assert list(store.list_meta()) == sorted(keys)
    assert list(store.list_meta("a/")) == ["a/b", "a/b/c"]
    assert list(store.list_meta("manifests/0000")) == ["manifests/00001", "manifests/00002"]
    assert list(store.list_meta("nothing")) == []
    assert all(store.read_meta(key) == key.encode() for key in keys)


def test_what_is_no_meta_key_is_refused(store: BlockStore) -> None:
    for key in ["", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "A", "a b", "a=b", "a\n", "ä", "k" * 201]:
        with pytest.raises(ValueError):
            store.replace_meta(key, b"")
        with pytest.raises(ValueError):
            store.read_meta(key)
        with pytest.raises(ValueError):
            store.delete_meta(key)


def test_meta_and_blocks_do_not_see_each_other(store: BlockStore) -> None:
    block = sample(40)
    store.put(block.name, block.data)
    store.replace_meta(str(block.name), b"")
    assert store.list() == [block.name]
    assert list(store.list_meta()) == [str(block.name)]
    assert store.read_meta(str(block.name)) == b""
    store.delete([block.name])
    assert list(store.list_meta()) == [str(block.name)]


def test_large_meta_comes_back_whole(store: BlockStore) -> None:
    data = bytes(range(256)) * 32_768
    store.replace_meta("large", data)
    assert store.read_meta("large") == data


def test_many_threads_put_get_check_list_and_delete_at_once(store: BlockStore) -> None:
    def live(number: int) -> None:
        block = sample(number, size=2000)
        store.put(block.name, block.data)
        assert store.get(block.name, block.xxh3) == block.data
        assert store.check([(block.name, 2000)])[block.name] is Presence.PRESENT
        store.list(limit=10)
        if number % 2:
            store.delete([block.name])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(60)))
    assert len(store.list()) == 30


def test_one_name_put_by_many_at_once_is_there_once_and_right(store: BlockStore) -> None:
    block = sample(50, size=100_000)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.put(block.name, block.data), range(16)))
    assert store.list() == [block.name]
    assert store.get(block.name, xxhash.xxh3_64_intdigest(block.data)) == block.data


def test_it_is_ready_and_may_be_closed_twice(store: BlockStore) -> None:
    store.ready()
    store.close()
    store.close()
