"""What the server keeps on disk is its owner's alone, whatever the umask it was started with."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("is_there", [False, True])
def test_nobody_else_on_the_machine_can_open_what_the_server_keeps(tmp_path: Path, is_there: bool) -> None:
    data = tmp_path / "data"
    if is_there:
        data.mkdir(mode=0o755)
    subprocess.run(
        [sys.executable, "-m", "cairn", "user", "add", "ada@example.org", "--password-stdin"],
        env={"CAIRN_DATA": str(data)},
        input=b"correct horse battery staple\n",
        umask=0o022,
        check=True,
    )
    modes = {path.name: path.stat().st_mode & 0o077 for path in data.rglob("*")}
    assert {"cairn.db", "secret"} <= modes.keys()
    assert set(modes.values()) == {0}
    assert is_there or data.stat().st_mode & 0o077 == 0
