"""A catalogue without retention, and a store whose bytes really go."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from block_storage import MemoryBlockStore
from metadata import Catalogue, CatalogueSettings, open_catalogue
from tests.metadata.catalogues import Desk
from tests.servers.migrated import migrated_catalogue
from tests.sync.house import House, down, fine
from tests.sync.workshop import Workshop, open_workshop

AT_ONCE = CatalogueSettings(dead_name_retention=timedelta(0), upload_expiry=timedelta(0))


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(migrated_catalogue(tmp_path / "catalogue.db"), AT_ONCE)
    yield catalogue
    catalogue.close()


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    return Desk(catalogue)


@pytest.fixture
def store() -> MemoryBlockStore:
    return MemoryBlockStore()


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[Callable[[int], Workshop]]:
    """A catalogue that keeps what is dead, and a store of so many copies in folders."""
    with ExitStack() as stack:

        def make(copies: int) -> Workshop:
            shop = open_workshop(tmp_path, copies)
            stack.callback(shop.close)
            return shop

        yield make


@pytest.fixture
def shop(make_shop: Callable[[int], Workshop]) -> Workshop:
    """Of one copy."""
    return make_shop(1)


@pytest.fixture
def house(catalogue: Catalogue, desk: Desk) -> House:
    return House(catalogue, desk, {"database": catalogue.ready, "store": fine, "copy 1": fine, "copy 2": down})
