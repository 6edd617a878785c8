"""A real PostgreSQL for the tests: made in a temporary folder, on loopback, ended with whoever uses it.

`postgresql` is one server for the whole session, shared by all xdist workers. `own_postgresql` is a server of one
test, which may stop, kill and freeze it.
"""

from collections.abc import Iterator

import pytest

from tests.servers.keeper import session_folder, shared_server
from tests.servers.postgresql_server import Databases, PostgreSQLServer


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The session's server. Ask it for a `fresh_database()`; it is not for faults."""
    with shared_server(Databases, session_folder(tmp_path_factory, request)) as databases:
        yield databases


@pytest.fixture
def database_url(postgresql: Databases) -> Iterator[str]:
    """An empty database of the session's server, dropped after the test."""
    url = postgresql.fresh_database()
    yield url
    postgresql.drop_database(url)


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQLServer]:
    """A running server of this test's own, to stop, kill and freeze."""
    with PostgreSQLServer.running() as server:
        yield server
