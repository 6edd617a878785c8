"""What every block store promises of several blocks read at once: one suite, all media, real servers."""

import pytest

from block_storage import BlockNotFound, BlockStore, Wanted
from foundation.blocks import MAX_BLOCK_BYTES, MIB, BlockName
from tests.block_storage.samples import Sample, sample


def wanted(block: Sample) -> Wanted:
    return Wanted(block.name, block.xxh3, len(block.data))


def stored(store: BlockStore, blocks: list[Sample]) -> list[Sample]:
    assert not any(store.put_many([(block.name, block.data) for block in blocks]))
    return blocks


def read(store: BlockStore, asked: list[Wanted]) -> dict[BlockName, bytes]:
    return {name: bytes(data) for name, data in store.get_many(asked).items()}


def test_many_are_read_byte_for_byte(store: BlockStore) -> None:
    blocks = stored(store, [sample(seed, size=4000 + seed) for seed in range(40)])
    assert read(store, [wanted(block) for block in blocks]) == {block.name: block.data for block in blocks}


def test_more_than_one_answer_holds_are_read_all_the_same(store: BlockStore) -> None:
    blocks = stored(store, [sample(seed, size) for seed, size in enumerate((MAX_BLOCK_BYTES, 1, *[3 * MIB] * 3))])
    assert read(store, [wanted(block) for block in blocks]) == {block.name: block.data for block in blocks}


def test_one_asked_for_twice_is_given(store: BlockStore) -> None:
    (block,) = stored(store, [sample(1)])
    assert read(store, [wanted(block)] * 3) == {block.name: block.data}


def test_none_of_many_is_nothing(store: BlockStore) -> None:
    assert store.get_many([]) == {}


def test_what_is_missing_or_has_another_checksum_or_length_is_left_out_and_the_others_are_given(
    store: BlockStore,
) -> None:
    blocks = stored(store, [sample(seed) for seed in range(4)])
    missing = sample(9)
    asked = [wanted(block) for block in [*blocks, missing]]
    asked[1] = asked[1]._replace(xxh3=asked[1].xxh3 ^ 1)
    asked[2] = asked[2]._replace(size=999)
    assert read(store, asked) == {block.name: block.data for block in (blocks[0], blocks[3])}
    with pytest.raises(BlockNotFound):
        store.get(missing.name, missing.xxh3)
