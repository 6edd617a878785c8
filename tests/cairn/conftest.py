"""A server that tests share, and buckets of their own on it."""

import secrets
from collections.abc import Iterator

import pytest

from tests.servers.cairn_server import SignedInServer, running_server


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def bucket() -> str:
    """A name that nobody has."""
    return f"b{secrets.token_hex(6)}"
