"""A real SeaweedFS for the tests: made in a temporary folder, on loopback, ended with whoever uses it.

`seaweedfs` is one server for the whole session, shared by all xdist workers. `own_seaweedfs` is a server of one
test file, which may stop, kill and freeze it, and leaves it running.
"""

from collections.abc import Iterator

import pytest

from tests.servers.keeper import session_folder, shared_server
from tests.servers.seaweedfs_server import Buckets, SeaweedFSServer


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Buckets]:
    """The session's server. Ask it for a `fresh_location()`; it is not for faults."""
    with shared_server(Buckets, session_folder(tmp_path_factory, request)) as buckets:
        yield buckets


@pytest.fixture(scope="module")
def own_seaweedfs() -> Iterator[SeaweedFSServer]:
    """A running server of this test file's own, to stop, kill and freeze."""
    with SeaweedFSServer.running() as server:
        yield server
