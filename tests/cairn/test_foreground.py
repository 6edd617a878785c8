"""What people move through the store is noted, what the background does beside them is not."""

from hashlib import sha256

from xxhash import xxh3_64_intdigest

from block_storage import MemoryBlockStore
from cairn.foreground import Foreground
from foundation.blocks import BlockId, BlockName

DATA = b"a stone"
NAME = BlockName.new(BlockId.of(DATA), 1)


def test_a_put_and_a_get_of_people_are_noted() -> None:
    foreground = Foreground(MemoryBlockStore())
    assert not foreground.is_busy()
    foreground.store.put(NAME, DATA)
    assert foreground.is_busy()
    assert sha256(foreground.store.get(NAME, xxh3_64_intdigest(DATA))).digest() == NAME.id


def test_what_the_background_reads_is_not() -> None:
    store = MemoryBlockStore()
    foreground = Foreground(store)
    store.put(NAME, DATA)
    store.prove([(NAME, len(DATA))])
    assert foreground.store.list() == [NAME]
    assert not foreground.is_busy()
