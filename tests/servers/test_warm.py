"""A copy of a process that has loaded Cairn is as good as one that starts from nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.cairn_server import CairnServer
from tests.servers.processes import wait_until_gone
from tests.servers.warm import is_warm, run

CAIRN = [sys.executable, "-m", "cairn"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["no-such-verb"], ["serve", "--port", "9000"], ["ls", "--json"]], ids=str
)
def test_a_copy_says_what_one_from_nothing_says(tmp_path: Path, arguments: list[str]) -> None:
    environment = os.environ | {
        "CAIRN_DATA": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "CAIRN_URL": "http://127.0.0.1:1",
        "CAIRN_TOKEN": "t", "CAIRN_RETRY_SECONDS": "0",
    }  # fmt: skip
    command = [*CAIRN, *arguments]
    assert is_warm(command, environment)
    copied = run(command, environment, "", timeout=60)
    anew = subprocess.run(command, env=environment, input="", capture_output=True, text=True, check=False)
    assert (copied.returncode, copied.stdout, copied.stderr) == (anew.returncode, anew.stdout, anew.stderr)


def test_what_is_decided_at_the_start_is_started_from_nothing() -> None:
    assert not is_warm([*CAIRN, "ls"], os.environ | {"PYTHONOPTIMIZE": "1"})
    assert not is_warm([*CAIRN, "worker"], os.environ)
    assert not is_warm(["unshare", *CAIRN, "serve"], os.environ)


def test_a_bench_measures_the_start_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_warm([*CAIRN, "ls"], os.environ)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert not is_warm([*CAIRN, "ls"], os.environ)


def test_the_status_of_a_copy_is_how_it_ended(tmp_path: Path) -> None:
    server = CairnServer(tmp_path)
    for how, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        server.start()
        assert server.kill(how) == status


@pytest.mark.full
def test_copies_end_with_the_process_that_asked_for_them(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from tests.servers.cairn_server import CairnServer
server = CairnServer(Path({str(tmp_path)!r}))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until_gone([int(done.stdout)])
