"""Settings that make no sense are named before anything is started or made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAIRN_PORT", "eighty"),
        ("CAIRN_PORT", "70000"),
        ("CAIRN_SECRET", "short"),
        ("CAIRN_STORE", "ftp://somewhere"),
        ("CAIRN_STORE", "file:///a?copies=3"),
        ("CAIRN_DATABASE", "mysql://ada:pass-word@host/db"),
        ("CAIRN_DATABASE", "no location at all"),
        ("CAIRN_UPLOAD_DAYS", "-1"),
        ("CAIRN_BROKER", "amqp://ada:pass-word@host"),
        ("CAIRN_BROKER", "redis://127.0.0.1:6379/0"),  # Beside SQLite.
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, variable: str, value: str) -> None:
    environment = os.environ | {"CAIRN_DATA": str(tmp_path / "data"), variable: value}
    done = subprocess.run(
        [sys.executable, "-m", "cairn", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert "pass-word" not in done.stderr
