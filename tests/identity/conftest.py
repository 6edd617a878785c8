"""A room of identity on each database, with a clock that stands still and quick hashes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.database import Database
from identity import IdentityRoom, migrate, open_identity
from tests.identity.house import EMAIL, PASSWORD, QUICK, SECRET, URL, Hands, House
from tests.servers.oidc_provider import OidcProvider
from tests.servers.postgresql_server import Databases

KINDS = ["sqlite", "postgresql"]


@pytest.fixture(params=KINDS)
def empty_location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'identity.db'}"
        return
    databases: Databases = request.getfixturevalue("postgresql")
    url = databases.fresh_database()
    yield url
    databases.drop_database(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("identity") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Databases) -> Iterator[str]:
    url = postgresql.fresh_database()
    migrate(url)
    yield url
    postgresql.drop_database(url)


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of identity, and nobody in them."""
    if request.param == "sqlite":
        path = tmp_path / "identity.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    databases: Databases = request.getfixturevalue("postgresql")
    url = databases.fresh_database(template=request.getfixturevalue("postgresql_template"))
    yield url
    databases.drop_database(url)


@pytest.fixture
def house(location: str) -> Iterator[House]:
    """A room in which ada lives."""
    clock, database = Hands(), Database(location)
    with open_identity(database, SECRET, URL, passwords=QUICK, clock=clock) as room:
        room.add_user(EMAIL, PASSWORD)
        yield House(room, clock, database)
    database.close()


@pytest.fixture
def room(house: House) -> IdentityRoom:
    return house.room


@pytest.fixture(scope="session")
def shared_elsewhere() -> Iterator[OidcProvider]:
    """A foreign provider that runs, for every test that leaves it as it is."""
    with OidcProvider.running(URL) as provider:
        yield provider
