"""The two ends of what this room runs on: SQLite with a folder, PostgreSQL with memory."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from block_storage import open_block_store
from metadata import migrate, open_catalogue
from tests.chunker.served import Person, Served, served
from tests.full_run import leave_to_full_run

# These are about shapes and statuses: on SQLite and a disk, where the end-to-end suites ask for the same, they are for the full run.
DOORS = frozenset(
    {
        "test_archive",
        "test_broken_requests",
        "test_chunk_lists",
        "test_content",
        "test_download",
        "test_folder_operations",
        "test_ranges",
        "test_versions",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_to_full_run(items, Path(__file__).parent, DOORS, "stack", "sqlite+disk")


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
