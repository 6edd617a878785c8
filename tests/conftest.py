"""Fixtures for all rooms: the real servers. A server that is missing fails the tests that need it; nothing is skipped."""

from pathlib import Path

pytest_plugins = ["tests.servers.postgresql"]
if (Path(__file__).parent / "servers" / "seaweedfs.py").exists():
    pytest_plugins.append("tests.servers.seaweedfs")
