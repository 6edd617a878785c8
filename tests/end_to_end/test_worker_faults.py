"""Workers, their Redis, or both, die, hang and lose: every change is verified all the same, each once, and nobody waits for it."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import httpx
import pytest

import metadata
from foundation.identity import Identity
from foundation.service_tokens import Room
from metadata import EventQuery, EventStatus
from sync import Queue, RedisBroker
from tests.end_to_end.client_of import make_bucket
from tests.end_to_end.load import load_on, require_all_there
from tests.servers.cairn_server import running, wait_until
from tests.servers.ports import free_ports
from tests.servers.processes import freeze, thaw
from tests.servers.redis_server import RedisServer
from tests.servers.stack import Stack, WorkServer
from tests.servers.striking_proxy import StrikingProxy
from tests.servers.sync_counts import SyncCounts, sync_counts

# Beyond a lease, the time until a broker is held for gone, and the start of a worker's processes on a busy machine.
SETTLED_SECONDS = 120
DICE = random.Random(17)
ADMIN = Identity(UUID(int=0), scopes=frozenset({"admin"}))


@pytest.fixture(scope="module")
def own_broker() -> Iterator[RedisServer]:
    with RedisServer.running() as server:
        yield server


@pytest.fixture(scope="module")
def _workshop(
    own_broker: RedisServer, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, StrikingProxy]]:
    """Five rooms, two workers, a beat and nginx, of the whole file; the workers reach block storage by a proxy."""
    settings = {
        "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
        "CAIRN_STORE": request.getfixturevalue("seaweedfs").fresh_location(),
        "CAIRN_BROKER": own_broker.location,
        "CAIRN_VERIFY_LEASE_SECONDS": "2",
    }
    stack = Stack(tmp_path_factory.mktemp("stack"), **settings)
    with StrikingProxy(stack.rooms[Room.BLOCK_STORAGE].port).running() as proxy:
        for worker in stack.workers:
            worker.environment["CAIRN_BLOCKS"] = proxy.url
        with running(stack):
            yield stack, proxy


@pytest.fixture
def proxy(_workshop: tuple[Stack, StrikingProxy]) -> StrikingProxy:
    return _workshop[1]


@pytest.fixture
def house(_workshop: tuple[Stack, StrikingProxy], own_broker: RedisServer) -> Iterator[Stack]:
    """All that happened before is settled, and everything runs."""
    workshop, _ = _workshop
    workshop.sign_in()
    with workshop.http(workshop.token) as api:
        make_bucket(api)
    require_settled(workshop)
    yield workshop
    own_broker.thaw()
    if not own_broker.is_running:
        own_broker.start()
    workshop.restore()


def counts(house: Stack) -> SyncCounts:
    return sync_counts(house.environment["CAIRN_DATABASE"])


def require_settled(house: Stack, failed: int = 0) -> SyncCounts:
    """Every change was verified, and counted once."""
    wait_until(lambda: counts(house).waiting == 0, SETTLED_SECONDS)
    found = counts(house)
    assert (found.lost, found.failed, found.told_twice) == (0, failed, 0), found
    return found


def put(house: Stack, *names: str) -> None:
    with house.http(house.token) as api:
        for name in names:
            answer = api.put(f"/buckets/studio/content/{name}", content=DICE.randbytes(2_000))
            assert answer.status_code == 201, answer.text


def numbered(count: int) -> list[str]:
    return [f"file-{number}" for number in range(count)]


def test_a_commit_is_verified_by_a_worker_and_each_says_how_it_stands(house: Stack) -> None:
    before = counts(house).completed
    put(house, *numbered(5))
    assert require_settled(house).completed == before + 5
    for process in house.working.values():
        assert process.readiness()[0] == 200, process.readiness()
        assert httpx.get(f"{process.url}/healthz").status_code == 200
    told = httpx.get(f"{house.workers[0].url}/metrics").text
    assert 'cairn_sync_events{status="pending"} 0.0' in told
    assert "cairn_sync_oldest_pending_seconds 0.0" in told
    assert 'cairn_sync_checks_of_a_day{outcome="verified"}' in told
    assert 'cairn_broker_messages{queue="verify"}' in told
    wait_until(lambda: alive_hands(house) == 8)  # Four of each worker.


def alive_hands(house: Stack) -> int:
    told = httpx.get(f"{house.workers[0].url}/metrics").text
    return int(
        next(float(line.split()[1]) for line in told.splitlines() if line.startswith("cairn_sync_workers_alive "))
    )


@pytest.mark.full
def test_a_worker_whose_hands_are_all_killed_begins_others(house: Stack) -> None:
    """Also the process that they are copies of, again and again."""
    for turn in ("first", "second"):
        for worker in house.workers:
            hands = worker.hands()
            assert hands
            for hand in hands:
                with suppress(ProcessLookupError):
                    os.kill(hand, signal.SIGKILL)
        put(house, f"{turn} killed")
        require_settled(house)
    assert all(worker.is_running for worker in house.workers)


@pytest.mark.full
def test_messages_twice_late_and_from_two_beats_change_nothing(house: Stack, own_broker: RedisServer) -> None:
    (port,) = free_ports(1)
    second = WorkServer(Path(house.environment["CAIRN_DATA"]).parent, "beat-2", port, house.environment)
    second.start()
    try:
        put(house, *numbered(20))
        before = require_settled(house)
        with own_broker.client() as client:
            client.lpush("verify", *[message_of_a_week_ago(own_broker)] * 50)
            wait_until(lambda: client.llen("verify") == 0, SETTLED_SECONDS)
        put(house, "one more")
        after = require_settled(house)
        assert (after.events, after.ended) == (before.events + 1, before.ended + 1)
    finally:
        second.kill(signal.SIGTERM)


def message_of_a_week_ago(own_broker: RedisServer) -> bytes:
    """A message says nothing of when it was written, unless it says when it is worth nothing any more."""
    with own_broker.client() as client:
        while True:
            RedisBroker(own_broker.location).send("verify", Queue.VERIFY)
            if message := client.rpop("verify"):
                return bytes(message)


Fault = Callable[[RedisServer], object]
FAULTS: dict[str, Fault] = {"killed": RedisServer.kill, "frozen": RedisServer.freeze}


@pytest.mark.parametrize("fault", ["killed", pytest.param("frozen", marks=pytest.mark.full)])
def test_without_redis_commits_are_answered_and_workers_look_by_themselves(
    house: Stack, own_broker: RedisServer, fault: str
) -> None:
    before = counts(house).completed
    FAULTS[fault](own_broker)
    put(house, *numbered(10))
    assert require_settled(house).completed == before + 10
    assert house.workers[0].readiness() == (
        503,
        {"database": "ok", "block-storage": "ok", "broker": "broker-unavailable"},
    )
    own_broker.thaw()
    if not own_broker.is_running:
        own_broker.start()
    wait_until(lambda: house.workers[0].readiness()[0] == 200)
    put(house, *(f"later-{name}" for name in numbered(10)))
    assert require_settled(house).completed == before + 20


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(RedisServer.flush, id="flushed"),
        pytest.param(lambda server: (server.kill(), server.start()), id="restarted", marks=pytest.mark.full),
        pytest.param(lambda server: (server.freeze(), server.thaw()), id="hung", marks=pytest.mark.full),
    ],
)
def test_a_redis_that_loses_under_load_loses_no_change(house: Stack, own_broker: RedisServer, fault: Fault) -> None:
    with load_on(house) as load:
        for _ in range(3):
            load.more_acknowledged(3)
            fault(own_broker)
        load.more_acknowledged(3)
    assert load.refused == []
    require_settled(house)
    require_all_there(house, load.acknowledged)


@pytest.mark.full
def test_everything_starts_without_redis_and_finds_it_when_it_comes(house: Stack, own_broker: RedisServer) -> None:
    house.kill(signal.SIGTERM)
    own_broker.kill()
    house.start()
    before = counts(house).completed
    put(house, *numbered(3))
    assert require_settled(house).completed == before + 3
    own_broker.start()
    wait_until(lambda: all(process.readiness()[0] == 200 for process in house.working.values()))
    put(house, "when it is there")
    assert require_settled(house).completed == before + 4


@contextmanager
def striking(proxy: StrikingProxy, data: bytes, strike: Callable[[int], object]) -> Iterator[None]:
    """The process that asks for the block of these bytes is struck."""
    proxy.marks, proxy.strike = sha256(data).hexdigest().encode(), strike
    try:
        yield
    finally:
        proxy.marks = None
        proxy.struck.clear()


def put_bytes(house: Stack, name: str, data: bytes) -> None:
    with house.http(house.token) as api:
        assert api.put(f"/buckets/studio/content/{name}", content=data).status_code == 201


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def kill_child(_house: Stack, process: int) -> None:
    os.kill(process, signal.SIGKILL)


def kill_celery(_house: Stack, process: int) -> None:
    os.kill(parent(process), signal.SIGKILL)


def kill_worker(house: Stack, process: int) -> None:
    above = {process := parent(process) for _ in range(3)}  # Celery's, then where hands come from, then the worker.
    next(worker for worker in house.workers if worker.pid in above).kill()


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_child, id="child"),
        pytest.param(kill_celery, id="celery", marks=pytest.mark.full),
        pytest.param(kill_worker, id="worker", marks=pytest.mark.full),
    ],
)
def test_an_event_whose_worker_is_killed_in_its_middle_is_taken_over(
    house: Stack, proxy: StrikingProxy, kill: Callable[[Stack, int], None]
) -> None:
    data = DICE.randbytes(1_000)

    def kill_once(process: int) -> None:
        proxy.marks = None
        kill(house, process)

    before = counts(house).completed
    with striking(proxy, data, kill_once):
        put_bytes(house, "deadly once", data)
        put(house, *numbered(5))
        assert require_settled(house).completed == before + 6
        assert len(proxy.struck) == 1


def test_the_late_answer_of_a_worker_that_was_stopped_changes_nothing(house: Stack, proxy: StrikingProxy) -> None:
    data = DICE.randbytes(1_000)

    def stop_once(process: int) -> None:
        proxy.marks = None
        freeze(process)

    before = counts(house)
    with striking(proxy, data, stop_once):
        put_bytes(house, "stopping", data)
        after = require_settled(house)
        (stopped,) = proxy.struck
        thaw(stopped)
        put(house, *numbered(5))
        last = require_settled(house)
    assert (after.ended, last.ended) == (before.ended + 1, before.ended + 6)


@pytest.mark.full
def test_an_event_that_kills_its_worker_every_time_fails_and_the_others_go_on(
    house: Stack, proxy: StrikingProxy
) -> None:
    data = DICE.randbytes(1_000)
    before = counts(house)
    with striking(proxy, data, lambda process: os.kill(process, signal.SIGKILL)):
        put_bytes(house, "poison", data)
        put(house, *numbered(10))
        wait_until(lambda: counts(house).completed == before.completed + 10, SETTLED_SECONDS)
        wait_until(lambda: counts(house).failed == 1, 240)
        assert len(proxy.struck) == 8
        put(house, "afterwards")
        require_settled(house, failed=1)
    # It is an honest file: without what kills its workers it is verified like any other.
    with closing(metadata.open_catalogue(house.environment["CAIRN_DATABASE"])) as catalogue:
        (poison,) = catalogue.sync_records.events(ADMIN, EventQuery(status=EventStatus.FAILED)).items
        assert (poison.error, poison.attempts) == ("worker-lost", 8)
        catalogue.sync_records.retry(ADMIN, poison.event_id)
    wait_until(lambda: (found := counts(house)).failed == 0 and found.waiting == 0, SETTLED_SECONDS)
