"""Fixtures for all rooms: the real servers. A server that is missing fails the tests that need it; nothing is skipped."""

import ctypes
import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.compiled_once import compile_once
from tests.servers.tls import go_through_tls, is_through_tls
from tests.servers.unpacked import search_path

PR_SET_PDEATHSIG = 1

pytest_plugins = [
    "tests.servers.postgresql",
    "tests.servers.seaweedfs",
    "tests.servers.redis",
    "tests.servers.cairn_server",
    "tests.servers.oidc_provider",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--through",
        choices=["tls"],
        help="reach the servers by the product's front door and TLS: tests/end_to_end, tests/page",
    )


def pytest_configure(config: pytest.Config) -> None:
    """End an xdist worker with its controller, however that ends: its servers end with it, none stays behind."""
    compile_once()
    os.environ["PATH"] = search_path()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun with `&`, and every program that a test starts would ignore it too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--through") and not is_through_tls():
        folder = tempfile.TemporaryDirectory(prefix="cairn-tls-")
        config.add_cleanup(folder.cleanup)
        go_through_tls(Path(folder.name))
    if hasattr(config, "workerinput"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
