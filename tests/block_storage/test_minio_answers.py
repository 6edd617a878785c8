"""An S3 store whose answers are cut, wrong, refused or not S3's at all (FAULTS 13 and 14)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from minio import Minio

from block_storage import BlockDamaged, BlockStore, Presence, StorageFailed, Wanted, open_block_store
from tests.block_storage.s3_proxy import FaultyS3Proxy
from tests.block_storage.samples import sample
from tests.servers.cairn_server import wait_until
from tests.servers.seaweedfs_server import Buckets


@pytest.fixture
def proxy(seaweedfs: Buckets) -> Iterator[FaultyS3Proxy]:
    with FaultyS3Proxy(seaweedfs.port).running() as running:
        yield running


@pytest.fixture
def store(seaweedfs: Buckets, proxy: FaultyS3Proxy) -> Iterator[BlockStore]:
    """Behind the proxy."""
    location = seaweedfs.fresh_location().replace(f":{seaweedfs.port}/", f":{proxy.port}/")
    opened = open_block_store(location, initialise=True)
    proxy.seen.clear()
    yield opened
    opened.close()


@pytest.mark.parametrize("fault", ["5", "X", "55", "5X5"])
def test_a_put_is_repeated_a_few_times(store: BlockStore, proxy: FaultyS3Proxy, fault: str) -> None:
    block = sample()
    proxy.script = fault
    store.put(block.name, block.data)
    assert store.get(block.name, block.xxh3) == block.data


@pytest.mark.parametrize("fault", ["5", "X", "C", "CC", "XC5"])
def test_a_get_is_repeated_a_few_times(store: BlockStore, proxy: FaultyS3Proxy, fault: str) -> None:
    block = sample(size=300_000)
    store.put(block.name, block.data)
    proxy.script = fault
    assert store.get(block.name, block.xxh3) == block.data


def test_tries_come_to_an_end(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    block = sample()
    proxy.script = "5" * 100
    with pytest.raises(StorageFailed, match="SlowDown"):
        store.put(block.name, block.data)
    assert proxy.seen == ["PUT 5"] * 4


def test_the_budget_of_all_requests_stops_repeating(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    proxy.script = "5" * 1000
    for _ in range(12):
        with pytest.raises(StorageFailed):
            store.read_meta("key")
    assert len(proxy.seen) < 12 + 22
    proxy.script = ""
    store.replace_meta("key", b"works again")
    assert store.read_meta("key") == b"works again"


def test_other_bytes_kept_are_caught_at_the_put(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    block = sample()
    proxy.script = "K" * 9
    with pytest.raises(StorageFailed):
        store.put(block.name, block.data)
    proxy.script = ""
    assert store.check([(block.name, 1000)]) == {block.name: Presence.MISSING}


def test_bytes_changed_once_on_the_way_to_the_store_are_sent_again(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    block = sample()
    proxy.script = "K"
    store.put(block.name, block.data)
    assert store.get(block.name, block.xxh3) == block.data


def test_wrong_bytes_on_the_way_back_are_read_once_more(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    block = sample()
    store.put(block.name, block.data)
    proxy.script = "W"
    assert store.get(block.name, block.xxh3) == block.data
    proxy.script = "WW"
    with pytest.raises(BlockDamaged):
        store.get(block.name, block.xxh3)


def test_a_captive_portal_is_not_taken_for_a_store(store: BlockStore, proxy: FaultyS3Proxy) -> None:
    block = sample()
    store.put(block.name, block.data)
    proxy.script = "PP"
    with pytest.raises(BlockDamaged):
        store.get(block.name, block.xxh3)
    proxy.script = "P" * 8
    with pytest.raises(StorageFailed):
        store.list()
    with pytest.raises(StorageFailed):
        list(store.list_meta())


def test_who_wants_many_blocks_keeps_neither_a_put_nor_other_readers_waiting(
    store: BlockStore, proxy: FaultyS3Proxy
) -> None:
    many, few, late = [sample(seed) for seed in range(60)], [sample(seed) for seed in range(60, 64)], sample(99)
    store.put_many([(block.name, block.data) for block in many + few])
    proxy.may_read.clear()
    with ThreadPoolExecutor(2) as threads:
        reading = threads.submit(store.get_many, [Wanted(one.name, one.xxh3, len(one.data)) for one in many])
        try:
            wait_until(lambda: proxy.seen.count("GET r") >= 8)
            other = threads.submit(store.get_many, [Wanted(one.name, one.xxh3, len(one.data)) for one in few])
            wait_until(lambda: proxy.seen.count("GET r") >= 12)
            store.put_many([(late.name, late.data)])
            assert not reading.done()
        finally:
            proxy.may_read.set()
        assert (len(reading.result()), len(other.result())) == (60, 4)


def test_a_store_that_is_refused_by_name_says_so_without_the_secret(seaweedfs: Buckets) -> None:
    location = seaweedfs.fresh_location().replace(seaweedfs.secret, "wrong-secret")
    with pytest.raises(StorageFailed) as refused:
        open_block_store(location, initialise=True)
    assert "wrong-secret" not in str(refused.value)


def test_a_missing_bucket_is_made_only_when_told(seaweedfs: Buckets) -> None:
    location = seaweedfs.fresh_location()
    with pytest.raises(StorageFailed, match="no bucket"):
        open_block_store(location)
    open_block_store(location, initialise=True).close()
    open_block_store(location).close()


def test_a_bucket_that_goes_is_unknown_not_missing(seaweedfs: Buckets) -> None:
    location = seaweedfs.fresh_location()
    store = open_block_store(location, initialise=True)
    block = sample()
    client = Minio(f"127.0.0.1:{seaweedfs.port}", seaweedfs.key, seaweedfs.secret, secure=False, region="us-east-1")
    client.remove_bucket(location.rpartition("/")[2])
    assert store.check([(block.name, 1000)]) == {block.name: Presence.UNKNOWN}
    for act in (
        lambda: store.put(block.name, block.data),
        lambda: store.get(block.name, 0),
        lambda: store.delete([block.name]),
        store.list,
        store.ready,
    ):
        with pytest.raises(StorageFailed):
            act()
    store.close()


def test_keys_and_secrets_are_never_printed(seaweedfs: Buckets) -> None:
    store = open_block_store(seaweedfs.fresh_location(), initialise=True)
    assert seaweedfs.secret not in repr(store) + repr(vars(store))
    store.close()
