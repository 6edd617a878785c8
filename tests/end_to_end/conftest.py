"""The product on both of its footings: SQLite and a disk, PostgreSQL and an S3 store. The same tests run on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.cairn_server import SignedInServer, running_server

FOOTINGS = ["sqlite-and-disk", "postgresql-and-s3"]


def settings_of(footing: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a fresh installation on this footing."""
    if footing == "sqlite-and-disk":
        return {}
    return {
        "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
        "CAIRN_STORE": request.getfixturevalue("seaweedfs").fresh_location(),
    }


@pytest.fixture(params=FOOTINGS)
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SignedInServer]:
    """A running server with a signed-in user, of this test alone: to kill and to start again."""
    with running_server(tmp_path / "server", **settings_of(request.param, request)) as server:
        yield server


@pytest.fixture(params=FOOTINGS, scope="module")
def _shared_product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedInServer]:
    with running_server(tmp_path_factory.mktemp("server"), **settings_of(request.param, request)) as server:
        yield server


@pytest.fixture
def lasting_product(_shared_product: SignedInServer) -> SignedInServer:
    """A server of the whole file, with a user of this test alone. Whoever kills it needs `product`."""
    _shared_product.sign_in()
    return _shared_product


@pytest.fixture(scope="module")
def _shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def lasting_server(_shared_server: SignedInServer) -> SignedInServer:
    """As `lasting_product`, on SQLite and a disk only."""
    _shared_server.sign_in()
    return _shared_server
