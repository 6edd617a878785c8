"""Every part of the stack killed, stopped and slowed under load, and restarted in turn: what people were told stays true."""

import os
import re
import secrets
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.servers.cairn_server import wait_until
from tests.servers.processes import descendants
from tests.stack.load import Load
from tests.stack.native_stack import NativeStack
from tests.stack.test_stack import SERVERS, SERVICES, bucket_of

pytestmark = pytest.mark.full

_BROKEN_SECONDS = 5.0
# A minute where nothing else runs.
_GREEN_SECONDS = 120


def is_green(stack: NativeStack) -> bool:
    with stack.http("") as http:
        try:
            return http.get(f"{stack.url}/readyz").status_code == 200
        except httpx.HTTPError:
            return False


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    threading.Event().wait(_BROKEN_SECONDS)


def stop(process: int) -> None:
    """It answers nothing, and its connections stay."""
    everybody = [process, *descendants(process)]
    _send(everybody, signal.SIGSTOP)
    threading.Event().wait(_BROKEN_SECONDS)
    _send(everybody, signal.SIGCONT)


def slow(process: int) -> None:
    """It runs a tenth of the time."""
    everybody = [process, *descendants(process)]
    for _ in range(int(_BROKEN_SECONDS / 0.5)):
        _send(everybody, signal.SIGSTOP)
        threading.Event().wait(0.45)
        _send(everybody, signal.SIGCONT)
        threading.Event().wait(0.05)


def _send(processes: list[int], number: int) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


@pytest.mark.parametrize("service", sorted(SERVICES | SERVERS))
@pytest.mark.parametrize("breaking", [kill, stop, slow])
def test_nothing_acknowledged_is_lost_nothing_wrong_is_served_and_all_is_green_again(
    stack: NativeStack, service: str, breaking: Callable[[int], None]
) -> None:
    wait_until(lambda: is_green(stack), _GREEN_SECONDS)
    with Load(stack) as load:
        wait_until(lambda: load.done >= 6, 60)
        breaking(stack.process(service))
        wait_until(lambda: is_green(stack), _GREEN_SECONDS)
        before = load.done
        wait_until(lambda: load.done > before + 3, 60)
    assert load.wrong == []
    load.read_all()


def test_each_service_is_restarted_in_turn_and_cairn_cp_never_fails(stack: NativeStack, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(secrets.token_bytes(2_000_000))
    ending, copied, bucket = threading.Event(), [0], bucket_of(stack)
    failed: list[str] = []

    def copy_on() -> None:
        while not ending.is_set():
            place = f"cairn:{bucket}/{copied[0]}"
            for pair in ((str(tmp_path / "file"), place), (place, str(tmp_path / "back"))):
                done = stack.cairn("cp", *pair, check=False)
                if done.returncode:
                    failed.append(done.stderr)
            copied[0] += 1

    thread = threading.Thread(target=copy_on)
    thread.start()
    try:
        for service in sorted(SERVICES | {"nginx"}):
            before = copied[0]
            stack.make("restart", service)
            wait_until(lambda before=before: copied[0] > before + 1, 60)  # type: ignore[misc]
    finally:
        ending.set()
        thread.join()
    assert failed == []


def test_sigterm_ends_every_service_with_0_under_load(stack: NativeStack) -> None:
    with Load(stack) as load:
        wait_until(lambda: load.done >= 6, 60)
        stack.stop()
    log = (stack.data / "logs" / "supervisord.log").read_text()
    ended = dict(re.findall(r"stopped: (\S+) \((.*)\)", log))
    assert {service: ended[service] for service in SERVICES | {"nginx"}} == dict.fromkeys(
        SERVICES | {"nginx"}, "exit status 0"
    )
    stack.start()
    load.read_all()
