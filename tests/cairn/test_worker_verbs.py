"""`cairn worker` and `cairn beat`: what they refuse to start with, and what a server leaves to them."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sync import Queue, RedisBroker
from tests.end_to_end.client_of import make_bucket
from tests.servers.cairn_server import running_server, wait_until
from tests.servers.ports import free_ports
from tests.servers.postgresql_server import Databases
from tests.servers.seaweedfs_server import Buckets
from tests.servers.sync_counts import sync_counts
from tests.servers.warm import run

POSTGRESQL = {"CAIRN_DATABASE": "postgresql+psycopg://127.0.0.1:9/none"}
REDIS = {"CAIRN_BROKER": "redis://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("verb", "environment", "named"),
    [
        (["worker"], POSTGRESQL, "CAIRN_BROKER is required"),
        (["beat"], POSTGRESQL, "CAIRN_BROKER is required"),
        (["worker"], REDIS, "SQLite belongs to one process"),
        (["worker", "--queues", "verify,nonsense"], POSTGRESQL | REDIS, "verify, repair, collect, scrub"),
        (["serve"], POSTGRESQL | REDIS, "a store on disks belongs to one process"),
    ],
    ids=["worker without a broker", "beat without a broker", "SQLite", "a queue that there is not", "store on disks"],
)
def test_what_cannot_work_is_refused_by_name_and_makes_nothing(
    tmp_path: Path, verb: list[str], environment: dict[str, str], named: str
) -> None:
    own = {"CAIRN_DATA": str(tmp_path / "data"), "CAIRN_SECRET": "s" * 32}
    done = run([sys.executable, "-m", "cairn", *verb], os.environ | own | environment, "", timeout=60)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_one_process_with_a_broker_rings_and_leaves_the_work_to_workers(
    tmp_path: Path, postgresql: Databases, seaweedfs: Buckets, broker: str
) -> None:
    settings = {
        "CAIRN_DATABASE": postgresql.fresh_database(),
        "CAIRN_STORE": seaweedfs.fresh_location(),
        "CAIRN_BROKER": broker,
    }
    with running_server(tmp_path / "server", **settings) as server, closing(RedisBroker(broker)) as rung:
        with server.http(server.token) as api:
            make_bucket(api)
            assert api.put("/buckets/studio/content/file", content=b"bytes").status_code == 201
        wait_until(lambda: rung.waiting()[Queue.VERIFY] == 1)
        counts = sync_counts(settings["CAIRN_DATABASE"])
        assert (counts.events, counts.waiting, counts.lost) == (2, 2, 0)
        worker = subprocess.Popen(
            [sys.executable, "-m", "cairn", "worker", "--port", str(free_ports(1)[0])],
            env=server.environment | {"CAIRN_SECRET": (server.data / "secret").read_text()},
        )
        try:
            wait_until(lambda: sync_counts(settings["CAIRN_DATABASE"]).completed == 2, 120)
        finally:
            worker.terminate()
            assert worker.wait(30) == 0
