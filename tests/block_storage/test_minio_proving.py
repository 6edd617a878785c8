"""Reading back from an S3 store that lies, loses, cuts and refuses (FAULTS 13 and 14)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import pytest
from minio import Minio

from block_storage import BlockStore, Health, MinioBlockStore, Presence, Proof, open_block_store
from block_storage.minio import BucketAddress
from block_storage.s3_connections import NetworkLimits
from tests.block_storage.s3_proxy import FaultyS3Proxy
from tests.block_storage.samples import Sample, sample
from tests.servers.cairn_server import wait_until
from tests.servers.seaweedfs_server import Buckets


@dataclass(frozen=True)
class Site:
    """A store behind the proxy, and somebody else with the bucket's secret."""

    store: BlockStore
    proxy: FaultyS3Proxy
    client: Minio
    bucket: str

    def put(self, count: int = 1) -> list[Sample]:
        blocks = [sample(seed) for seed in range(count)]
        self.store.put_many([(block.name, block.data) for block in blocks])
        self.proxy.seen.clear()
        return blocks

    def proved(self, *blocks: Sample) -> list[Proof]:
        proofs = self.store.prove([(block.name, 1000) for block in blocks])
        return [proofs[block.name] for block in blocks]

    def replace(self, block: Sample, data: bytes) -> None:
        self.client.put_object(self.bucket, str(block.name), BytesIO(data), len(data))


@pytest.fixture
def site(seaweedfs: Buckets) -> Iterator[Site]:
    location = seaweedfs.fresh_location()
    client = Minio(f"127.0.0.1:{seaweedfs.port}", seaweedfs.key, seaweedfs.secret, secure=False, region="us-east-1")
    with FaultyS3Proxy(seaweedfs.port).running() as proxy:
        store = open_block_store(location.replace(f":{seaweedfs.port}/", f":{proxy.port}/"), initialise=True)
        yield Site(store, proxy, client, location.rpartition("/")[2])
        store.close()


def test_a_store_that_said_200_and_kept_other_bytes_is_found_out(site: Site) -> None:
    block, right = sample(), sample(1)
    site.proxy.script = "L"
    site.store.put(block.name, block.data)
    site.store.put(right.name, right.data)
    assert site.store.check([(block.name, 1000)]) == {block.name: Presence.PRESENT}
    assert site.proved(block, right) == [Proof(Health.DAMAGED, "damaged on its only copy"), Proof(Health.WHOLE)]


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001])
def test_other_bytes_at_rest_are_damage_and_stay_where_they_are(site: Site, size: int) -> None:
    (block,) = site.put()
    site.replace(block, bytes(size))
    for _ in range(2):
        assert site.proved(block) == [Proof(Health.DAMAGED, "damaged on its only copy")]
    assert site.client.stat_object(site.bucket, str(block.name)).size == size
    site.store.put(block.name, block.data)
    assert site.proved(block) == [Proof(Health.WHOLE)]


def test_an_object_far_beyond_a_blocks_length_is_damage_and_not_read_whole(site: Site) -> None:
    (block,) = site.put()
    site.replace(block, bytes(9 << 20))
    assert site.proved(block) == [Proof(Health.DAMAGED, "damaged on its only copy")]


def test_wrong_bytes_once_are_the_ways_doing(site: Site) -> None:
    (block,) = site.put()
    site.proxy.script = "W"
    assert site.proved(block) == [Proof(Health.WHOLE)]
    assert site.proxy.seen == ["GET W", "GET r"]


def test_an_object_that_is_gone_is_missing(site: Site) -> None:
    block, other = site.put(2)
    site.client.remove_object(site.bucket, str(block.name))
    assert site.proved(block, other) == [Proof(Health.MISSING, "missing on its only copy"), Proof(Health.WHOLE)]


@pytest.mark.parametrize("fault", ["5", "C", "X"])
def test_a_fault_that_passes_is_not_seen_and_one_that_stays_proves_nothing(site: Site, fault: str) -> None:
    blocks = site.put(60)
    site.proxy.script = fault
    assert site.proved(*blocks) == [Proof(Health.WHOLE)] * 60
    site.proxy.seen.clear()
    site.proxy.script = fault * 10_000
    assert {proof.health for proof in site.proved(*blocks)} == {Health.UNKNOWN}
    # Not some tries for each name.
    assert len(site.proxy.seen) < 60
    site.proxy.script = ""
    assert site.proved(*blocks) == [Proof(Health.WHOLE)] * 60


def test_one_object_that_the_store_cannot_serve_hides_none_behind_it(site: Site) -> None:
    blocks = site.put(30)
    site.proxy.refused.add(f"/{site.bucket}/{blocks[4].name}")
    proofs = site.proved(*blocks)
    assert [number for number, proof in enumerate(proofs) if proof.health is not Health.WHOLE] == [4]
    assert proofs[4].health is Health.UNKNOWN
    looks = site.store.check([(block.name, 1000) for block in blocks])
    assert [number for number, block in enumerate(blocks) if looks[block.name] is not Presence.PRESENT] == [4]


def test_a_bucket_that_goes_is_unknown_not_missing(site: Site) -> None:
    (block,) = site.put()
    site.client.remove_object(site.bucket, str(block.name))
    site.client.remove_bucket(site.bucket)
    assert [proof.health for proof in site.proved(block, sample(5))] == [Health.UNKNOWN] * 2


def test_a_store_too_slow_for_so_many_is_left_after_a_while(site: Site, seaweedfs: Buckets) -> None:
    blocks = site.put(30)
    address = BucketAddress(
        f"127.0.0.1:{site.proxy.port}", site.bucket, seaweedfs.key, seaweedfs.secret, is_secure=False
    )
    hasty = MinioBlockStore(address, limits=NetworkLimits(call_seconds=0))
    site.proxy.seen.clear()
    names = [(block.name, 1000) for block in blocks]
    assert {proof.health for proof in hasty.prove(names).values()} == {Health.UNKNOWN}
    assert set(hasty.check(names).values()) == {Presence.UNKNOWN}
    assert site.proxy.seen == []
    hasty.close()


def test_reading_back_much_does_not_keep_a_put_waiting(site: Site) -> None:
    blocks, late = site.put(40), sample(99)
    site.proxy.may_read.clear()
    with ThreadPoolExecutor(1) as threads:
        proving = threads.submit(site.proved, *blocks)
        try:
            wait_until(lambda: "GET r" in site.proxy.seen)
            site.store.put_many([(late.name, late.data)])
            assert not proving.done()
        finally:
            site.proxy.may_read.set()
        assert proving.result() == [Proof(Health.WHOLE)] * 40
