"""A minute of what `python -m bench.soak` does for as long as one likes."""

from pathlib import Path

import pytest

from bench.soak import soak
from tests.servers.redis_server import RedisServer


@pytest.mark.full
@pytest.mark.timeout(600)
def test_no_event_is_stuck_lost_or_done_twice_while_workers_and_redis_are_killed_all_the_time(
    own_redis: RedisServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = {
        "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
        "CAIRN_STORE": request.getfixturevalue("seaweedfs").fresh_location(),
    }
    found = soak(tmp_path / "stack", settings, own_redis, minutes=1, seed=20)
    assert found.is_well, found
