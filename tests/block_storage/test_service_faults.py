"""Block storage by itself killed, frozen, cut and lied about: bounded time, a clear error, nothing called missing (FAULTS 13, 26)."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from fastapi import FastAPI, Response

from block_storage import (
    BlockStore,
    Health,
    HttpBlockStore,
    Limits,
    MemoryBlockStore,
    Presence,
    StorageFailed,
    StorageFull,
    Wanted,
)
from foundation.http_problems import render_problems
from foundation.http_room import RoomClient, RoomLimits
from foundation.retries import RetryTimes
from foundation.service_tokens import Room, ServiceTokens
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.block_storage.s3_proxy import FaultyS3Proxy
from tests.block_storage.samples import Sample, sample
from tests.block_storage.service import HASTY, remote, service, worker
from tests.full_run import few
from tests.servers.cairn_server import free_port, wait_until
from tests.servers.processes import freeze, thaw
from tests.servers.served import serving


def calls(store: BlockStore, block: Sample) -> dict[str, Callable[[], object]]:
    """Each method of the seam that may fail."""
    return {
        "put": lambda: store.put(block.name, block.data),
        "put_many": lambda: store.put_many([(block.name, block.data)]),
        "get": lambda: store.get(block.name, block.xxh3),
        "get_many": lambda: store.get_many([Wanted(block.name, block.xxh3, len(block.data))]),
        "delete": lambda: store.delete([block.name]),
        "list": store.list,
        "read_meta": lambda: store.read_meta("key"),
        "replace_meta": lambda: store.replace_meta("key", b""),
        "list_meta": lambda: list(store.list_meta()),
        "delete_meta": lambda: store.delete_meta("key"),
    }


def require_unavailable(store: BlockStore, seconds: float) -> None:
    """Each call ends within `seconds`, and nothing is called missing."""
    for act in [*calls(store, sample()).values(), store.ready]:
        begin = monotonic()
        with pytest.raises(StorageFailed) as failed:
            act()
        assert failed.value.headers() == {"Retry-After": "2"}
        assert monotonic() - begin < seconds
    names = [(sample(seed).name, 1000) for seed in range(6000)]
    begin = monotonic()
    assert set(store.check(names).values()) == {Presence.UNKNOWN}
    assert {proof.health for proof in store.prove(names).values()} == {Health.UNKNOWN}
    assert monotonic() - begin < 2 * seconds + 1


class Child:
    """The service in a process of its own, over one folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._command = [sys.executable, "-m", "tests.block_storage.service_child", f"file://{folder}/a"]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([*self._command, str(self.port)])
        with remote(self.address, HASTY) as store:
            wait_until(lambda: is_ready(store))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def is_ready(store: BlockStore) -> bool:
    try:
        store.ready()
    except StorageFailed:
        return False
    return True


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child(tmp_path)
    yield child
    thaw(child.process.pid)
    child.kill()


def test_a_killed_service_is_unavailable_at_once_and_keeps_what_it_acknowledged(child: Child) -> None:
    blocks = [sample(seed, size=50_000) for seed in range(5)]
    with remote(child.address, HASTY) as store:
        store.put(blocks[0].name, blocks[0].data)
        store.put_many([(block.name, block.data) for block in blocks[1:]])
        child.kill()
        require_unavailable(store, seconds=5)
        child.start()
        assert all(store.get(block.name, block.xxh3) == block.data for block in blocks)
        assert set(store.check([(block.name, 50_000) for block in blocks]).values()) == {Presence.PRESENT}
        store.put(sample(9).name, sample(9).data)


def test_a_frozen_service_costs_a_bounded_wait_and_serves_again(child: Child) -> None:
    block = sample()
    once = RoomLimits(connect_seconds=0.5, answer_seconds=0.5, retries=RetryTimes(tries=1))
    with remote(child.address, once) as store:
        store.put(block.name, block.data)
        freeze(child.process.pid)
        require_unavailable(store, seconds=8)
        thaw(child.process.pid)
        wait_until(lambda: is_ready(store))
        store.put(block.name, block.data)
        assert store.get(block.name, block.xxh3) == block.data


@pytest.fixture
def proxy() -> Iterator[FaultyS3Proxy]:
    """Before a service over memory."""
    with service(MemoryBlockStore()) as address:
        proxy = FaultyS3Proxy(int(address.rpartition(":")[2]))
        with proxy.running():
            yield proxy


@pytest.fixture
def store(proxy: FaultyS3Proxy) -> Iterator[HttpBlockStore]:
    with remote(f"http://127.0.0.1:{proxy.port}", HASTY) as store:
        yield store


@pytest.mark.parametrize("method", sorted(calls(MemoryBlockStore(), sample())))
@pytest.mark.parametrize("fault", few(["5", "C", "X"]))
def test_one_fault_on_the_way_is_made_good(
    proxy: FaultyS3Proxy, store: HttpBlockStore, method: str, fault: str
) -> None:
    block = sample(1)
    store.put(block.name, block.data)
    store.replace_meta("key", b"value")
    proxy.script = fault
    calls(store, block)[method]()
    assert proxy.script == ""


@pytest.mark.parametrize("fault", ["5", "C", "X"])
def test_a_lost_answer_of_reading_back_is_asked_for_again(
    proxy: FaultyS3Proxy, store: HttpBlockStore, fault: str
) -> None:
    block = sample(1)
    store.put(block.name, block.data)
    proxy.script = fault
    assert store.prove([(block.name, 1000)])[block.name].health is Health.WHOLE
    assert proxy.script == ""


@pytest.mark.parametrize("fault", ["5", "C", "X", "P"])
def test_a_fault_that_stays_is_a_clear_error_and_never_a_missing_block(
    proxy: FaultyS3Proxy, store: HttpBlockStore, fault: str
) -> None:
    block = sample(1)
    store.put(block.name, block.data)
    proxy.script = fault * 100
    acts = calls(store, block)
    # What answers nothing that is looked at succeeds behind a portal's page as anything does: it is the bytes that tell.
    for method in ("get", "put_many", "list", "list_meta"):
        with pytest.raises(StorageFailed):
            acts[method]()
    assert store.check([(block.name, 1000)]) == {block.name: Presence.UNKNOWN}
    assert store.prove([(block.name, 1000)])[block.name].health is Health.UNKNOWN


@pytest.mark.parametrize("answer", [{}, {"proofs": {}}, {"proofs": 7}, "health", "note"], ids=range(5))
def test_an_answer_about_proofs_that_cannot_be_read_proves_nothing(answer: object) -> None:
    block = sample()
    proof = {"health": "whole", "note": "", "mended_copies": 0}
    if isinstance(answer, str):
        answer = {"proofs": {str(block.name): proof | {answer: 7}}}

    def other_service() -> FastAPI:
        app = FastAPI()
        app.add_api_route("/internal/v1/chunks/prove", lambda: answer, methods=["POST"])
        return app

    with serving(other_service()) as address, remote(address, HASTY) as store:
        assert store.prove([(block.name, 1000)])[block.name].health is Health.UNKNOWN


def test_a_service_of_the_version_before_gives_no_many_at_once_and_each_by_itself() -> None:
    block = sample()

    def older_service() -> FastAPI:
        app = FastAPI()
        render_problems(app)
        app.add_api_route(f"/internal/v1/chunks/{block.name}", lambda: Response(block.data), methods=["GET"])
        app.add_api_route("/internal/v1/chunks/{name}", lambda: None, methods=["DELETE"])
        return app

    with serving(older_service()) as address, remote(address, HASTY) as store:
        assert store.get_many([Wanted(block.name, block.xxh3, len(block.data))] * 2) == {}
        assert store.get(block.name, block.xxh3) == block.data


@pytest.mark.parametrize("body", [b"\x05abcde", b"no frames at all", b"\xff"])
def test_what_is_no_answer_of_many_blocks_is_the_services_failure(body: bytes) -> None:
    block = sample()

    def other_service() -> FastAPI:
        app = FastAPI()
        app.add_api_route("/internal/v1/chunks/read", lambda: Response(body), methods=["POST"])
        return app

    with serving(other_service()) as address, remote(address, HASTY) as store, pytest.raises(StorageFailed):
        store.get_many([Wanted(block.name, block.xxh3, len(block.data))])


def test_a_store_too_slow_for_one_request_is_proved_a_part_at_a_time() -> None:
    blocks = [sample(seed, size=100) for seed in range(100)]
    inner = MemoryBlockStore()
    for block in blocks:
        inner.put(block.name, block.data)
    with service(inner, Limits(prove_seconds=0)) as address, remote(address) as store:
        proofs = store.prove([(block.name, 100) for block in blocks])
    healths = [proofs[block.name].health for block in blocks]
    assert healths == [Health.WHOLE] * 32 + [Health.UNKNOWN] * 68


def test_bytes_changed_on_the_way_back_are_asked_for_again_and_never_given(
    proxy: FaultyS3Proxy, store: HttpBlockStore
) -> None:
    block = sample(1)
    store.put(block.name, block.data)
    proxy.script = "W"
    assert store.get(block.name, block.xxh3) == block.data
    proxy.script = "WW"
    with pytest.raises(StorageFailed, match="otherwise than they were sent"):
        store.get(block.name, block.xxh3)


def test_bytes_changed_on_the_way_in_are_the_networks_fault_and_not_stored(
    proxy: FaultyS3Proxy, store: HttpBlockStore
) -> None:
    block = sample(1)
    proxy.script = "K"
    with pytest.raises(StorageFailed, match="otherwise than they were sent"):
        store.put(block.name, block.data)
    proxy.script = ""
    assert store.list() == []


def test_a_service_that_does_not_know_the_secret_is_a_failed_store_and_nobodys_sign_in() -> None:
    with service(MemoryBlockStore()) as address:
        stranger = HttpBlockStore(RoomClient(address, Room.SYNC, ServiceTokens(b"o" * 32), HASTY))
        for act in calls(stranger, sample()).values():
            with pytest.raises(StorageFailed, match="unauthenticated"):
                act()
        stranger.close()


def test_an_address_where_something_else_answers_404_has_not_lost_the_blocks() -> None:
    with service(MemoryBlockStore()) as address:
        elsewhere = HttpBlockStore(worker(f"{address}/elsewhere", HASTY))
        with pytest.raises(StorageFailed):
            elsewhere.get(sample().name, 0)
        assert elsewhere.check([(sample(1).name, 1)]).popitem()[1] is Presence.UNKNOWN
        assert elsewhere.prove([(sample(1).name, 1)]).popitem()[1].health is Health.UNKNOWN
        elsewhere.close()


def test_an_address_that_takes_other_methods_is_a_failed_store() -> None:
    app = FastAPI()
    render_problems(app)
    app.add_api_route("/internal/v1/{path:path}", lambda: None, methods=["PATCH"])
    with serving(app) as address, remote(address, HASTY) as store:
        acts = calls(store, sample())
        del acts["get_many"]  # As a service of the version before: each is to be asked for by itself.
        for act in acts.values():
            with pytest.raises(StorageFailed, match="method-not-allowed"):
                act()


def test_the_stores_own_faults_come_through_as_what_they_are() -> None:
    block = sample()
    faulty = FaultyBlockStore(MemoryBlockStore(), "F" + "E" * 100)
    with service(faulty) as address, remote(address, HASTY) as store:
        with pytest.raises(StorageFull):
            store.put(block.name, block.data)
        with pytest.raises(StorageFailed):
            store.get(block.name, block.xxh3)
        assert store.check([(block.name, 1000)]) == {block.name: Presence.UNKNOWN}
        assert store.prove([(block.name, 1000)])[block.name].health is Health.UNKNOWN
