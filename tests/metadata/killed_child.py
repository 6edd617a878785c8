"""A process that works in slices, killed in the middle of one."""

import signal
import subprocess
import sys


def kill_in_slice(module: str, location: str, when: int) -> None:
    """Run `module` on the catalogue at `location`, which asks before each slice but the first; kill -9 it after `when` slices."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, location],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        for _ in range(when):
            assert child.stdout.readline() == "slice\n"
            child.stdin.write("go on\n")
        child.send_signal(signal.SIGKILL)  # in the middle of the next slice
    assert child.returncode == -signal.SIGKILL
