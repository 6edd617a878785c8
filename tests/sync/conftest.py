"""A catalogue without retention, and a store whose bytes really go."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from block_storage import MemoryBlockStore
from metadata import Catalogue, CatalogueSettings, migrate, open_catalogue
from tests.metadata.catalogues import Desk

AT_ONCE = CatalogueSettings(dead_name_retention=timedelta(0), upload_expiry=timedelta(0))


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    url = f"sqlite:///{tmp_path / 'catalogue.db'}"
    migrate(url)
    catalogue = open_catalogue(url, AT_ONCE)
    yield catalogue
    catalogue.close()


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    return Desk(catalogue)


@pytest.fixture
def store() -> MemoryBlockStore:
    return MemoryBlockStore()
