"""Stores of every medium for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from block_storage import BlockStore, FilesystemBlockStore, open_block_store
from tests.block_storage.faulty_store import FaultyBlockStore
from tests.block_storage.service import service, worker
from tests.full_run import few

MEDIA = ("memory", "file", "file-3", "s3")
WAYS = [
    *MEDIA,
    *few(f"{medium} through a decorator" for medium in MEDIA),
    *(f"{medium} as a service" for medium in ("memory", "file", "s3")),
]


def location(medium: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """Of a store that does not exist yet. SeaweedFS is started only where it is asked for."""
    match medium:
        case "memory":
            return "memory:"
        case "file":
            return f"file://{folder}/a"
        case "file-3":
            return f"file://{folder}/a?copies=3&also={folder}/b&also={folder}/c"
        case _:
            return str(request.getfixturevalue("seaweedfs").fresh_location())


@pytest.fixture(params=WAYS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlockStore]:
    """An empty store, of each medium: bare, through the decorator of faults without any, and behind a service of its own."""
    medium, _, way = request.param.partition(" ")
    opened = open_block_store(location(medium, tmp_path, request), initialise=True)
    if way == "as a service":
        with service(opened) as address:
            remote = open_block_store(address, connect=worker)
            yield FaultyBlockStore(remote)
            remote.close()
    else:
        yield FaultyBlockStore(opened) if way else opened
    opened.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FilesystemBlockStore]:
    """One copy, in tmp_path/a."""
    opened = FilesystemBlockStore([f"{tmp_path}/a"], initialise=True)
    yield opened
    opened.close()


@pytest.fixture
def three_disks(tmp_path: Path) -> Iterator[FilesystemBlockStore]:
    """Three copies, in tmp_path/a, b and c."""
    opened = FilesystemBlockStore([f"{tmp_path}/{copy}" for copy in "abc"], initialise=True)
    yield opened
    opened.close()
