"""An installation for all tests of backups."""

import pytest

from tests.backup.house import House, build


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Not to be written to."""
    return build(tmp_path_factory.mktemp("house"))
