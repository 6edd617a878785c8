"""The product on both of its footings: SQLite and a disk, PostgreSQL and an S3 store. The same tests run on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.cairn_server import SignedInServer, running_server


@pytest.fixture(params=["sqlite-and-disk", "postgresql-and-s3"])
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SignedInServer]:
    """A running server with a signed-in user, of this test alone."""
    environment = {}
    if request.param == "postgresql-and-s3":
        environment["CAIRN_DATABASE"] = request.getfixturevalue("database_url")
        environment["CAIRN_STORE"] = request.getfixturevalue("seaweedfs").fresh_location()
    with running_server(tmp_path / "server", **environment) as server:
        yield server
