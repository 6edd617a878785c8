"""The example of docs/python-client.md runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

from tests.servers.cairn_server import SignedInServer

PROJECT = Path(__file__).resolve().parents[2]


def test_the_example_of_the_page_runs_and_says_what_it_did(server: SignedInServer, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "python-client.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=server.environment | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2026/one.txt 10" in done.stdout
    assert (tmp_path / "copy.txt").read_text() == "Dear Ada,\n"
