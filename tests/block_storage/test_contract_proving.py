"""What every block store promises of reading back: one suite, all media, real servers."""

from concurrent.futures import ThreadPoolExecutor

from block_storage import BlockStore, Health, Presence, Proof
from foundation.blocks import MAX_BLOCK_BYTES, BlockName
from tests.block_storage.samples import sample


def test_what_was_put_is_whole_and_what_was_not_is_missing(store: BlockStore) -> None:
    blocks = [sample(seed, size) for seed, size in enumerate((1, 1000, MAX_BLOCK_BYTES))]
    store.put_many([(block.name, block.data) for block in blocks])
    absent = sample(7)
    proofs = store.prove([*((block.name, len(block.data)) for block in blocks), (absent.name, 1000)])
    assert [proofs[block.name] for block in blocks] == [Proof(Health.WHOLE)] * 3
    assert proofs[absent.name].health is Health.MISSING
    assert "missing on" in proofs[absent.name].note
    assert store.prove([]) == {}


def test_the_bytes_decide_and_not_the_size_that_was_named(store: BlockStore) -> None:
    block = sample(size=500)
    store.put(block.name, block.data)
    assert store.prove([(block.name, 499)]) == {block.name: Proof(Health.WHOLE)}


def test_nothing_is_said_of_a_codec_that_is_not_known(store: BlockStore) -> None:
    block = sample()
    store.put(block.name, block.data)
    packed = BlockName(block.name.id, 1, "0" * 16, "zst")
    proofs = store.prove([(packed, 1000), (block.name, 1000)])
    assert (proofs[packed].health, proofs[block.name].health) == (Health.UNKNOWN, Health.WHOLE)


def test_more_than_one_request_holds_is_read_back_whole(store: BlockStore) -> None:
    blocks = [sample(seed, size=200) for seed in range(300)]
    store.put_many([(block.name, block.data) for block in blocks])
    assert set(store.prove([(block.name, 200) for block in blocks]).values()) == {Proof(Health.WHOLE)}


def test_what_is_erased_while_it_is_read_back_does_not_come_back(store: BlockStore) -> None:
    blocks = [sample(seed, size=3000) for seed in range(30)]
    names = [(block.name, 3000) for block in blocks]
    store.put_many([(block.name, block.data) for block in blocks])
    with ThreadPoolExecutor(3) as threads:
        proving = [threads.submit(store.prove, names) for _ in range(2)]
        for block in blocks:
            store.delete([block.name])
        found = {proof.health for future in proving for proof in future.result().values()}
    assert found <= {Health.WHOLE, Health.MISSING}
    assert store.list() == []
    assert set(store.check(names).values()) == {Presence.MISSING}
