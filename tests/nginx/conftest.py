"""A real nginx with the product's configuration, before rooms that only say what reached them."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.nginx.upstream import Upstream
from tests.servers.nginx import Nginx
from tests.servers.ports import free_ports

ROOMS = ("metadata", "chunker", "sync", "identity")


@dataclass(frozen=True)
class House:
    """The front door and the rooms that are there."""

    door: Nginx
    rooms: Mapping[str, Upstream]

    def plain(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.door.url, headers=headers, timeout=30)

    def secure(self, **headers: str) -> httpx.Client:
        """By HTTP/2 and TLS."""
        trusted = ssl.create_default_context(cafile=str(self.door.certificate))
        return httpx.Client(base_url=self.door.secure_url, headers=headers, verify=trusted, http2=True, timeout=30)


Houses = Callable[..., House]


@contextmanager
def opened(folder: Path, absent: str = "", **settings: Any) -> Iterator[House]:
    """`absent`: a room that nobody serves. `settings`: as Nginx takes them."""
    port, secure_port, *ports = free_ports(2 + len(ROOMS))
    at = dict(zip(ROOMS, ports, strict=True))
    with ExitStack() as stack:
        rooms = {room: stack.enter_context(Upstream(room, at[room])) for room in ROOMS if room != absent}
        door = Nginx(folder, port, secure_port, {room: [own] for room, own in at.items()}, **settings)
        door.start()
        stack.callback(door.stop)
        yield House(door, rooms)


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[Houses]:
    """Makes one with the settings that a test wants."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(opened(tmp_path / "nginx", **settings))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Without limits, of the whole file."""
    with opened(tmp_path_factory.mktemp("nginx")) as one:
        yield one
