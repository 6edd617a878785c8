"""What every block store promises of several blocks put at once: one suite, all media, real servers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from block_storage import BlockCorrupt, BlockStore, CodecUnknown, Presence
from foundation.blocks import MAX_BLOCK_BYTES, BlockName
from tests.block_storage.samples import sample


def test_many_put_at_once_are_got_byte_for_byte(store: BlockStore) -> None:
    blocks = [sample(seed, size=4000 + seed) for seed in range(70, 110)]
    assert store.put_many([(block.name, block.data) for block in blocks]) == [None] * 40
    assert all(store.get(block.name, block.xxh3) == block.data for block in blocks)
    assert store.list() == sorted((block.name for block in blocks), key=str)


@pytest.mark.parametrize("count", [3, 20])
def test_of_many_only_those_that_are_their_ids_are_stored_and_the_others_named_in_their_places(
    store: BlockStore, count: int
) -> None:
    blocks = [sample(seed) for seed in range(70, 70 + count)]
    wrong = {1: blocks[1].data + b"x", count - 1: b""}
    outcomes = store.put_many([(block.name, wrong.get(n, block.data)) for n, block in enumerate(blocks)])
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == sorted(wrong)
    assert {type(outcomes[n]) for n in wrong} == {BlockCorrupt}
    presences = store.check([(block.name, 1000) for block in blocks])
    assert [n for n, block in enumerate(blocks) if presences[block.name] is Presence.MISSING] == sorted(wrong)
    assert store.list() == sorted((block.name for n, block in enumerate(blocks) if n not in wrong), key=str)


def test_many_put_again_are_harmless_also_twice_in_one_call(store: BlockStore) -> None:
    blocks = [sample(seed) for seed in range(70, 90)]
    pairs = [(block.name, block.data) for block in blocks]
    store.put(*pairs[3])
    assert store.put_many(pairs + pairs) == [None] * 40
    assert store.put_many(pairs) == [None] * 20
    assert store.list() == sorted((block.name for block in blocks), key=str)
    assert all(store.get(block.name, block.xxh3) == block.data for block in blocks)


def test_wrong_bytes_among_many_leave_what_was_there(store: BlockStore) -> None:
    blocks = [sample(seed) for seed in range(70, 90)]
    store.put_many([(block.name, block.data) for block in blocks])
    assert None not in store.put_many([(block.name, b"other") for block in blocks])
    assert all(store.get(block.name, block.xxh3) == block.data for block in blocks)


def test_none_of_many_is_nothing_to_do(store: BlockStore) -> None:
    assert store.put_many([]) == []
    assert store.list() == []


def test_many_of_any_size_and_buffer_are_put_at_once(store: BlockStore) -> None:
    blocks = [sample(seed, size) for seed, size in enumerate((1, MAX_BLOCK_BYTES, *range(2, 12)), 70)]
    kinds = (bytes, bytearray, memoryview)
    assert not any(store.put_many([(block.name, kinds[n % 3](block.data)) for n, block in enumerate(blocks)]))
    assert all(store.get(block.name, block.xxh3) == block.data for block in blocks)


def test_an_unknown_codec_among_many_is_refused(store: BlockStore) -> None:
    blocks = [sample(seed) for seed in range(70, 90)]
    coded = BlockName(blocks[0].name.id, 1, "0" * 16, "zst")
    with pytest.raises(CodecUnknown):
        store.put_many([*((block.name, block.data) for block in blocks), (coded, blocks[0].data)])
    assert coded not in store.list()


def test_many_threads_put_many_and_delete_at_once(store: BlockStore) -> None:
    shared = [sample(seed) for seed in range(70, 80)]

    def live(number: int) -> None:
        own = [sample(1000 + number * 10 + n) for n in range(10)]
        assert not any(store.put_many([(block.name, block.data) for block in (*shared, *own)]))
        if number % 2:
            store.delete([block.name for block in own])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(12)))
    assert len(store.list()) == 10 + 60
    assert all(store.get(block.name, block.xxh3) == block.data for block in shared)
