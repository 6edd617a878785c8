"""SeaweedFS killed, restarted and frozen under a store (FAULTS 13): bounded time, a clear error, and it works again after."""

from collections.abc import Iterator
from time import monotonic

import pytest

from block_storage import BlockStore, Health, MinioBlockStore, Presence, Proof, StorageFailed, open_block_store
from block_storage.minio import BucketAddress
from block_storage.s3_connections import NetworkLimits
from foundation.retries import RetryTimes
from tests.block_storage.samples import Sample, sample
from tests.servers.seaweedfs_server import SeaweedFSServer

HASTY = NetworkLimits(connect_seconds=0.5, wait_seconds=0.5, body_seconds=5.0)
TWICE = RetryTimes(tries=2)


@pytest.fixture
def store(own_seaweedfs: SeaweedFSServer) -> Iterator[BlockStore]:
    """With shorter limits than the product's, so that the tests need not wait for those."""
    buckets = own_seaweedfs.address
    bucket = buckets.fresh_location().rpartition("/")[2]
    address = BucketAddress(f"127.0.0.1:{buckets.port}", bucket, buckets.key, buckets.secret, is_secure=False)
    opened = MinioBlockStore(address, initialise=True, limits=HASTY, retries=TWICE)
    yield opened
    opened.close()


def require_unavailable(store: BlockStore, block: Sample, seconds: float) -> None:
    """Each call ends within `seconds`, and nothing is called missing."""
    for act in (
        lambda: store.put(block.name, block.data),
        lambda: store.get(block.name, block.xxh3),
        lambda: store.delete([block.name]),
        store.list,
        lambda: store.replace_meta("key", b""),
        store.ready,
    ):
        begin = monotonic()
        with pytest.raises(StorageFailed) as failed:
            act()
        assert failed.value.headers() == {"Retry-After": "2"}
        assert monotonic() - begin < seconds
    begin = monotonic()
    names = [(block.name, 1000), *((sample(seed).name, 1000) for seed in range(2000))]
    assert set(store.check(names).values()) == {Presence.UNKNOWN}
    assert monotonic() - begin < seconds
    begin = monotonic()
    assert {proof.health for proof in store.prove(names).values()} == {Health.UNKNOWN}
    assert monotonic() - begin < seconds


def test_a_frozen_server_costs_a_bounded_wait_and_serves_again(
    own_seaweedfs: SeaweedFSServer, store: BlockStore
) -> None:
    block = sample()
    store.put(block.name, block.data)
    own_seaweedfs.freeze()
    try:
        require_unavailable(store, block, seconds=5)
    finally:
        own_seaweedfs.thaw()
    # What was asked while it was frozen may be done late: the delete among it. The name is put again, harmlessly.
    store.put(block.name, block.data)
    assert store.check([(sample(1).name, 1)]).popitem()[1] is Presence.MISSING
    store.ready()


def test_a_killed_server_is_unavailable_at_once_and_keeps_what_it_acknowledged(
    own_seaweedfs: SeaweedFSServer, store: BlockStore
) -> None:
    blocks = [sample(seed, size=50_000) for seed in range(5)]
    for block in blocks:
        store.put(block.name, block.data)
    own_seaweedfs.stop()
    try:
        require_unavailable(store, sample(9), seconds=3)
    finally:
        own_seaweedfs.start()
    for block in blocks:
        assert store.get(block.name, block.xxh3) == block.data
    assert set(store.check([(block.name, 50_000) for block in blocks]).values()) == {Presence.PRESENT}
    assert set(store.prove([(block.name, 50_000) for block in blocks]).values()) == {Proof(Health.WHOLE)}
    store.put(sample(10).name, sample(10).data)


def test_a_location_whose_server_is_down_fails_to_open_with_a_clear_text(own_seaweedfs: SeaweedFSServer) -> None:
    location = own_seaweedfs.address.fresh_location().replace(f":{own_seaweedfs.address.port}/", ":1/")
    with pytest.raises(StorageFailed, match="did not serve the bucket"):
        open_block_store(location, initialise=True)
