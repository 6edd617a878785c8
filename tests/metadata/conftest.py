"""The catalogue over each real database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metadata import Catalogue, CatalogueSettings, migrate, open_catalogue
from tests.metadata.catalogues import Desk
from tests.servers.postgresql_server import Databases

MEDIA = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def migrated_template(postgresql: Databases) -> str:
    """A migrated database to copy, which is quicker than to migrate."""
    url = postgresql.fresh_database()
    migrate(url)
    return url


@pytest.fixture(params=MEDIA)
def empty_location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalogue.db'}"
        return
    server: Databases = request.getfixturevalue("postgresql")
    url = server.fresh_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=MEDIA)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'catalogue.db'}"
        migrate(url)
        yield url
        return
    server: Databases = request.getfixturevalue("postgresql")
    url = server.fresh_database(template=request.getfixturevalue("migrated_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
def opened(location: str) -> Iterator[Callable[[CatalogueSettings], Catalogue]]:
    """Opens the catalogue with settings of the test's own; closed after it."""
    open_ones: list[Catalogue] = []

    def open_with(settings: CatalogueSettings) -> Catalogue:
        open_ones.append(open_catalogue(location, settings))
        return open_ones[-1]

    yield open_with
    for catalogue in open_ones:
        catalogue.close()


@pytest.fixture
def catalogue(location: str) -> Iterator[Catalogue]:
    catalogue = open_catalogue(location)
    yield catalogue
    catalogue.close()


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    return Desk(catalogue)
