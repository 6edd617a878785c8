"""The examples of README.md and docs/python-client.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.cairn_server import SignedInServer

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("page", "made"), [("README.md", "letter.txt"), ("docs/python-client.md", "copy.txt")])
def test_the_example_of_a_page_runs(server: SignedInServer, tmp_path: Path, page: str, made: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (PROJECT / page).read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=server.environment | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / made).read_text() == "Dear Ada,\n"
