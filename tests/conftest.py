"""Fixtures for all rooms: the real servers. A server that is missing fails the tests that need it; nothing is skipped."""

import ctypes
import signal

import pytest

PR_SET_PDEATHSIG = 1

pytest_plugins = [
    "tests.servers.postgresql",
    "tests.servers.seaweedfs",
    "tests.servers.redis",
    "tests.servers.cairn_server",
    "tests.servers.oidc_provider",
]


def pytest_configure(config: pytest.Config) -> None:
    """End an xdist worker with its controller, however that ends: its servers end with it, none stays behind."""
    if hasattr(config, "workerinput"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
