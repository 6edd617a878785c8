"""The two ends of what this room runs on: SQLite with a folder, PostgreSQL with memory."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from block_storage import open_block_store
from metadata import migrate, open_catalogue
from tests.chunker.served import Person, Served, served


@pytest.fixture(scope="module", params=["sqlite+disk", "postgresql+memory"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests of a module; each of them is somebody else in it."""
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite+disk":
        database, store_location = f"sqlite:///{folder / 'cairn.db'}", f"file://{folder / 'blocks'}"
    else:
        database, store_location = request.getfixturevalue("postgresql").fresh_database(), "memory:"
    migrate(database)
    with (
        closing(open_catalogue(database)) as catalogue,
        closing(open_block_store(store_location, initialise=True)) as store,
        served(catalogue, store) as stack,
    ):
        yield stack


@pytest.fixture
def me(stack: Served) -> Person:
    return stack.person()


@pytest.fixture
def stranger(stack: Served) -> Person:
    return stack.person()
