"""A room of identity on each database, with a clock that stands still and quick hashes."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from foundation.database import Database, opened
from foundation.settings import ServiceSettings
from identity import IdentityRoom, create_app, migrate, open_identity
from tests.full_run import leave_to_full_run
from tests.identity.house import EMAIL, PASSWORD, QUICK, SECRET, URL, Hands, House
from tests.identity.outside import Shifted, browser_of, room_on
from tests.identity.programs import APP_URI, Program, Visit, added, visit
from tests.servers.emptied import EmptiedDatabases
from tests.servers.oidc_provider import OidcProvider
from tests.servers.postgresql_server import Databases

KINDS = ["sqlite", "postgresql"]
# These are about shapes, statuses and protocols: on SQLite, on which every suite signs people in, they are for the full run.
DOORS = frozenset(
    {
        "test_api",
        "test_authorize",
        "test_device_flow",
        "test_introspection",
        "test_oauth",
        "test_outside_sessions",
        "test_own_account",
        "test_people_api",
        "test_provider_tokens",
        "test_room_tokens",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_to_full_run(items, Path(__file__).parent, DOORS, "location", "sqlite")


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
def migrated_databases(postgresql: Databases) -> EmptiedDatabases:
    url = postgresql.fresh_database()
    migrate(url)
    return EmptiedDatabases(postgresql, url)


@pytest.fixture
def sqlite_location(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "identity.db")
    return f"sqlite:///{tmp_path / 'identity.db'}"


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the tables of identity, and nobody in them."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_location")
        return
    databases: EmptiedDatabases = request.getfixturevalue("migrated_databases")
    with databases.one() as url:
        yield url


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


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client at the server's door, with nobody signed in."""
    app = create_app(house.room.parts, ServiceSettings(public_url=URL))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        yield client


@pytest.fixture
def cli(http: httpx.AsyncClient) -> Program:
    return Program(http)


@pytest.fixture
def frame(house: House, http: httpx.AsyncClient) -> Program:
    """A program of somebody else's, with a secret."""
    new = added(house)
    return Program(http, new.client.id, new.secret, APP_URI)


@pytest.fixture
def ada(house: House, http: httpx.AsyncClient) -> Visit:
    return visit(house, http)


@pytest.fixture(scope="session")
def shared_elsewhere() -> Iterator[OidcProvider]:
    """A foreign provider that runs, for every test that leaves it as it is."""
    with OidcProvider.running(URL) as provider:
        yield provider


@pytest.fixture
def clock() -> Shifted:
    return Shifted()


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with opened(location) as database:
        yield database


@pytest.fixture
def trusting(database: Database, shared_elsewhere: OidcProvider, clock: Shifted) -> IdentityRoom:
    """A room that trusts the foreign provider."""
    return room_on(database, shared_elsewhere, clock)


@pytest.fixture
async def browser(trusting: IdentityRoom) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(trusting) as client:
        yield client
