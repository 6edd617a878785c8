"""A frozen process does nothing more, whichever of its threads was running."""

import subprocess
import sys
from pathlib import Path

from tests.servers.processes import freeze, thaw

_COUNTING = """
import sys, threading
def count():
    with open(sys.argv[1], "ab", buffering=0) as file:
        while True:
            file.write(b".")
for _ in range(4):
    threading.Thread(target=count).start()
print("counting", flush=True)
"""


def test_a_frozen_process_of_many_threads_has_stopped_when_freeze_returns(tmp_path: Path) -> None:
    written = tmp_path / "written"
    command = [sys.executable, "-c", _COUNTING, str(written)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            for _ in range(20):
                freeze(process.pid)
                size = written.stat().st_size
                subprocess.run(["true"], check=True)
                assert written.stat().st_size == size
                thaw(process.pid)
        finally:
            process.kill()
