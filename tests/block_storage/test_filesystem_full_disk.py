"""A disk that is really full, then really read-only (FAULTS 7 and 9)."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_a_full_and_a_read_only_disk_refuse_puts_and_serve_the_rest(tmp_path: Path) -> None:
    # A user namespace lets anybody mount a small disk of their own, root or not.
    child = subprocess.run(
        ["unshare", "-rm", sys.executable, "-m", "tests.block_storage.full_disk_child", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert child.stdout == "survived\n", child.stderr
