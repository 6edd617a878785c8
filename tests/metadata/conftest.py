"""The catalogue over each real database, and over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.database import opened as opened_database
from metadata import Catalogue, CatalogueSettings, migrate, open_catalogue
from tests.metadata.catalogues import Desk
from tests.metadata.jobs import Hand
from tests.metadata.served import over_http
from tests.servers.emptied import EmptiedDatabases
from tests.servers.migrated import migrated_catalogue
from tests.servers.postgresql_server import Databases

# These are about shapes and statuses: on PostgreSQL, where test_bad_input and test_bad_paths ask as badly, they are for the full run.
DOORS = frozenset({"test_api", "test_api_file_changes"})
# What other rooms ask for in every upload and every job: over HTTP too in every run. All else is so in the full one.
OVER_HTTP = frozenset({"test_commits", "test_uploads", "test_jobs", "test_idempotency", "test_manifests"})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What goes through the seams runs against all that serve them; what only looks into a database, against databases."""
    if "medium" in metafunc.fixturenames:
        through_seams = {"catalogue", "opened"}.intersection(metafunc.fixturenames)
        module = metafunc.module.__name__.rpartition(".")[2]
        http = pytest.param("http", marks=() if module in OVER_HTTP else pytest.mark.full)
        databases = ["sqlite", pytest.param("postgresql", marks=pytest.mark.full if module in DOORS else ())]
        metafunc.parametrize("medium", [*databases, http] if through_seams else databases)


@pytest.fixture(scope="session")
def migrated_databases(postgresql: Databases) -> EmptiedDatabases:
    """Of a catalogue without anything in it."""
    url = postgresql.fresh_database()
    migrate(url)
    return EmptiedDatabases(postgresql, url)


@pytest.fixture
def empty_location(medium: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema."""
    if medium != "postgresql":
        yield f"sqlite:///{tmp_path / 'catalogue.db'}"
        return
    server: Databases = request.getfixturevalue("postgresql")
    url = server.fresh_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def location(medium: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database: beneath the catalogue, where the test has one."""
    if medium != "postgresql":
        yield migrated_catalogue(tmp_path / "catalogue.db")
        return
    databases: EmptiedDatabases = request.getfixturevalue("migrated_databases")
    with databases.one() as url:
        yield url


@pytest.fixture
def opened(location: str, medium: str) -> Iterator[Callable[[CatalogueSettings], Catalogue]]:
    """Opens the catalogue with settings of the test's own; closed after it."""
    with ExitStack() as stack:

        def open_with(settings: CatalogueSettings) -> Catalogue:
            catalogue = open_catalogue(location, settings)
            if medium == "http":
                return stack.enter_context(over_http(catalogue))
            stack.callback(catalogue.close)
            return catalogue

        yield open_with


@pytest.fixture
def catalogue(opened: Callable[[CatalogueSettings], Catalogue]) -> Catalogue:
    return opened(CatalogueSettings())


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    return Desk(catalogue)


@pytest.fixture
def hand(desk: Desk) -> Hand:
    """A worker on the same catalogue."""
    return Hand(desk.catalogue)


@pytest.fixture
def database(location: str, catalogue: Catalogue) -> Iterator[Database]:
    """What lies beneath the catalogue."""
    with opened_database(location) as own:
        yield own
