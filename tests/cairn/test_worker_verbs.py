"""`cairn worker` and `cairn beat`: what they refuse to start with, and what is named then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    done = subprocess.run(
        [sys.executable, "-m", "cairn", *verb],
        env=os.environ | {"CAIRN_DATA": str(tmp_path / "data"), "CAIRN_SECRET": "s" * 32} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
