"""A real Redis for the tests: on loopback, ended with whoever uses it.

`broker` is the location of an empty database of the session's server. `own_redis` is a server of one test, which may stop,
kill, freeze and empty it.
"""

from collections.abc import Iterator

import pytest

from tests.servers.keeper import session_folder, shared_server
from tests.servers.redis_server import Brokers, RedisServer

# Redis has sixteen databases; each test process takes its own, and empties it for each test.
_DATABASES = 16


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Brokers]:
    """The session's server. It is not for faults."""
    with shared_server(Brokers, session_folder(tmp_path_factory, request)) as found:
        yield found


@pytest.fixture
def broker(brokers: Brokers, request: pytest.FixtureRequest) -> str:
    """The location of an empty database that no other test uses meanwhile."""
    from redis import Redis

    worker = getattr(request.config, "workerinput", {"workerid": "gw0"})["workerid"]
    database = int(worker.removeprefix("gw")) % _DATABASES
    location = brokers.location(database)
    with Redis.from_url(location) as client:
        mine = str(client.client_id())
        # What was killed with the test before may not have ended yet: while it waits here, Redis sends it this test's message.
        for other in client.client_list():
            if other["db"] == str(database) and other["id"] != mine:
                client.client_kill_filter(_id=other["id"])
        client.flushdb()
    return location


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A running server of this test's own, to stop, kill, freeze and empty."""
    with RedisServer.running() as server:
        yield server
